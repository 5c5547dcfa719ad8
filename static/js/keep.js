// Keeps on this device what is typed in a form marked data-portal-keep until the server has it:
// a hurried click, a cut, a closed session lose nothing. Read back when the form opens again.
const PREFIX = "typed:";
const DAYS = 7;
const MAX_FLUSH = 60000; // bytes a browser still sends while a page closes
const LEFT_OUT = new Set(["csrfmiddlewaretoken", "version"]);
const AS_TYPED = new Set([409, 422]); // the page came back with what was typed

export function startKeep() {
    const answered = performance.getEntriesByType("navigation")[0]?.responseStatus ?? 200;
    const refused = document.querySelector("form[action$='/login/']") || (answered >= 400 && !AS_TYPED.has(answered));
    for (const [key, copy] of copies()) {
        if (Date.now() - copy.at > DAYS * 86400000) remove(key);
        else if (copy.sent && refused) write(key, { ...copy, sent: false });
        else if (copy.sent && !copy.version) remove(key);
    }
    document.querySelectorAll("form[data-portal-keep]").forEach(keep);
    document.addEventListener("submit", (event) => {
        if (event.target.action.endsWith("/logout/")) for (const [key] of copies()) remove(key);
    });
}

function keep(form) {
    const key = PREFIX + new URL(form.action).pathname;
    let dirty = false;
    let asked = "";
    const store = (sent = false) =>
        write(key, { at: Date.now(), version: versionOf(form), fields: typed(form), sent });

    form.addEventListener("input", () => {
        dirty = true;
        store();
    });
    form.addEventListener("change", () => {
        dirty = true;
        store();
    });
    form.addEventListener("htmx:beforeRequest", () => {
        asked = JSON.stringify(typed(form));
    });
    form.addEventListener("htmx:afterRequest", (event) => {
        if (!event.detail.successful) return;
        dirty = JSON.stringify(typed(form)) !== asked;
        if (!dirty) remove(key);
    });
    form.addEventListener("htmx:afterSettle", () => dirty && store());
    form.addEventListener("htmx:responseError", (event) => {
        const signIn = event.detail.xhr.getResponseHeader("X-Sign-In");
        if (signIn) tellClosed(form, signIn);
    });
    form.addEventListener("submit", () => {
        dirty = false;
        store(true);
    });
    document.addEventListener("visibilitychange", () => {
        if (dirty && document.hidden) save(form);
    });
    window.addEventListener("pagehide", () => {
        if (dirty && form.hasAttribute("hx-post")) flush(form);
    });
    window.addEventListener("pageshow", (event) => event.persisted && dirty && location.reload());
    readBack(form, key);
}

function readBack(form, key) {
    const copy = read(key);
    if (!copy) return;
    if (bare(copy.fields) === bare(typed(form))) return remove(key);
    if (copy.version === versionOf(form)) {
        fill(form, copy.fields);
        const box = note(form, `Nous avons remis ce que vous aviez tapé ${when(copy.at)} sans que ce soit enregistré.`);
        form.addEventListener("submit", () => box.remove());
        window.addEventListener("load", () => save(form)); // once htmx listens
        return;
    }
    if (copy.sent) return remove(key);
    const box = note(form, `Ce que vous aviez tapé ${when(copy.at)} n’est pas enregistré, et cette partie a changé depuis.`);
    const row = document.createElement("div");
    row.className = "c-buttons";
    row.append(
        button("Remettre mon texte", () => {
            fill(form, copy.fields);
            box.remove();
            save(form);
        }),
        button("Oublier ce texte", () => {
            remove(key);
            box.remove();
        }),
    );
    box.append(row);
}

function save(form) {
    form.dispatchEvent(new Event("change", { bubbles: true }));
}

// The page is closing: no answer will be read.
function flush(form) {
    const body = new URLSearchParams(new FormData(form));
    if (body.toString().length > MAX_FLUSH) return; // the copy will do
    const headers = { "HX-Request": "true", "HX-Target": "autosave" };
    fetch(form.action, { method: "POST", body, headers, keepalive: true }).catch(() => {});
}

function fill(form, fields) {
    const values = new Map();
    for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
    for (const control of form.elements) {
        if (!control.name || LEFT_OUT.has(control.name) || ["submit", "button", "file"].includes(control.type)) continue;
        const own = values.get(control.name) ?? [];
        if (["checkbox", "radio"].includes(control.type)) control.checked = own.includes(control.value);
        else if (own.length) control.value = own.shift();
    }
}

function tellClosed(form, signIn) {
    const line = form.querySelector(".a-save__text") ?? note(form, "");
    const link = document.createElement("a");
    link.href = signIn;
    link.textContent = "Se connecter de nouveau";
    line.className = `${line.className} a-save__text--problem`;
    const words = document.createElement("span");
    words.append("Non enregistré\u00a0: votre session est fermée. Votre texte est gardé sur cet appareil. ", link);
    line.replaceChildren(words);
}

function note(form, sentence) {
    const box = document.createElement("div");
    box.className = "c-alert c-alert--warning";
    box.setAttribute("role", "status");
    const words = document.createElement("p");
    words.className = "mb-0";
    words.textContent = sentence;
    box.append(words);
    form.before(box);
    return box;
}

function button(label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-outline-primary btn-sm";
    made.textContent = label;
    made.addEventListener("click", act);
    return made;
}

function when(at) {
    const moment = new Date(at);
    const day = moment.toLocaleDateString("fr-FR", { day: "numeric", month: "long" });
    const minutes = String(moment.getMinutes()).padStart(2, "0");
    return `le ${day} à ${moment.getHours()}\u00a0h\u00a0${minutes}`;
}

function typed(form) {
    return [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !LEFT_OUT.has(name));
}

function bare(fields) {
    return JSON.stringify(fields.filter(([, value]) => value.trim())).replace(/\\[rnt]|[\s\u00a0\u202f€]/g, "");
}

function versionOf(form) {
    return form.elements.version?.value ?? "";
}

function copies() {
    try {
        return Object.keys(localStorage)
            .filter((key) => key.startsWith(PREFIX))
            .map((key) => [key, read(key)])
            .filter(([, copy]) => copy);
    } catch {
        return [];
    }
}

function read(key) {
    try {
        return JSON.parse(localStorage.getItem(key));
    } catch {
        return null;
    }
}

function write(key, copy) {
    try {
        localStorage.setItem(key, JSON.stringify(copy));
    } catch {
        // a full or forbidden store: the server still saves at each field
    }
}

function remove(key) {
    try {
        localStorage.removeItem(key);
    } catch {
        // nothing was kept
    }
}

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

    const changed = () => {
        if (!dirty) tell(form, "Modifié, pas encore enregistré.");
        dirty = true;
        store();
    };
    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
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
        if (signIn) tell(form, "Non enregistré\u00a0: votre session est fermée. Votre texte est gardé sur cet appareil. ", link(signIn));
    });
    form.addEventListener("htmx:sendError", () => {
        tell(form, "Non enregistré\u00a0: la connexion est coupée. Votre texte est gardé sur cet appareil.", "");
    });
    form.addEventListener("submit", () => {
        dirty = false;
        store(true);
    });
    document.addEventListener("visibilitychange", () => {
        if (dirty && document.hidden) save(form);
    });
    window.addEventListener("pagehide", () => {
        const savesAlone = form.hasAttribute("hx-post") && form.getAttribute("hx-trigger") !== "never";
        if (dirty && savesAlone) flush(form); // not while two versions wait for a choice
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

// Says it in the line of status of a section; a third argument makes it a problem.
function tell(form, sentence, more) {
    const line = form.querySelector(".a-save__text");
    if (!line) return;
    line.classList.toggle("a-save__text--problem", more !== undefined);
    const words = document.createElement("span");
    words.append(sentence, more ?? "");
    line.replaceChildren(words);
}

function link(address) {
    const made = document.createElement("a");
    made.href = address;
    made.textContent = "Se connecter de nouveau";
    return made;
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
    const paris = (options) => new Intl.DateTimeFormat("fr-FR", { timeZone: "Europe/Paris", ...options }).format(at);
    const [hours, minutes] = paris({ hour: "numeric", minute: "2-digit" }).split(":");
    return `le ${paris({ day: "numeric", month: "long" })} à ${Number(hours)}\u00a0h\u00a0${minutes}`;
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

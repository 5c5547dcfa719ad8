// Keeps on this device what is typed in a form marked data-portal-keep until the server has it:
// a hurried click, a cut, a closed session lose nothing. Offered back to the same person only, and
// forgotten when they sign out. One copy a page: two tabs never overwrite each other's.
import { startAutosave } from "./autosave.js";
import * as copies from "./copies.js";

const TEXTS = "textarea, input:not([type=checkbox], [type=radio], [type=file])";
const forms = [];

export function startKeep() {
    const taken = copies.clean();
    document.addEventListener("submit", onSignOut, true);
    if (!copies.person) return;
    keepAll();
    // Saved while this page was on its way: it shows what stood before.
    if (forms.some(({ form, path }) => taken.some(([key, copy]) => key.endsWith(`:${path}`) && isOlder(form, copy)))) {
        location.reload();
    }
    document.addEventListener("click", (event) => {
        if (event.target.closest("[data-portal-forget]")) forms.forEach((one) => one.forget());
    });
    document.addEventListener("portal:page", onNewPage);
}

function keepAll() {
    const known = new Set(forms.map(({ form }) => form));
    const found = [...document.querySelectorAll("form[data-portal-keep]")].filter((form) => !known.has(form));
    return found.map((form) => {
        const one = keep(form, forms.length);
        forms.push(one);
        return one;
    });
}

// Another page was put in the place of this one (upload.js): its forms go on where those stopped.
function onNewPage() {
    forms.filter(({ form }) => !form.isConnected).forEach((one) => one.forget());
    for (const one of keepAll()) {
        if (!one.form.hasAttribute("data-portal-unsaved")) continue;
        one.dirty = true;
        one.store();
    }
}

function keep(form, number) {
    const name = copies.nameOf(number);
    const path = new URL(form.getAttribute("action") || location.href, location.href).pathname;
    const one = { form, path, lost: [], dirty: false, kept: true, leaving: false };
    const older = new Set(); // copies this page shows: they go when it is saved

    one.store = () => {
        one.kept = copies.write(path, name, {
            at: Date.now(),
            page: location.pathname + location.search,
            title: document.title.split(" · ")[0],
            version: version(form),
            base: form.elements.base?.value ?? "",
            fields: [...typed(form), ...one.lost],
        });
        return one.kept;
    };
    one.forget = () => {
        one.dirty = false;
        copies.remove(path, name);
        older.forEach((key) => copies.removeKey(key));
        older.clear();
    };
    const autosave = form.querySelector("#autosave") ? startAutosave(one, { typed }) : null;
    one.sendNow = () => autosave?.sendNow() ?? Promise.resolve(false);

    const changed = (type) => {
        one.dirty = true;
        one.leaving = false;
        one.store();
        autosave?.changed(type);
    };
    const heard = ({ type, target }) => {
        if (target.form !== form) return;
        // On leaving a text, all is known already: a word said now would move the button being pressed.
        if (type === "change" && target.matches(TEXTS)) autosave?.left();
        else changed(type);
    };
    form.addEventListener("input", heard);
    form.addEventListener("change", heard);
    form.addEventListener("submit", () => {
        if (form.elements.kept) form.elements.kept.value = name;
        one.leaving = true;
        one.store();
        autosave?.stop();
    });
    window.addEventListener("beforeunload", (event) => {
        if (one.dirty && !one.leaving && !one.kept) event.preventDefault(); // nothing else keeps it
    });
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
    if (!form.hasAttribute("data-portal-unsaved") && [...form.elements].some(isTouched)) changed("input");
    offer(one, { path, name, older, autosave });
    return one;
}

async function offer(one, { path, name, older, autosave }) {
    const { form } = one;
    form.dataset.portalKept = name;
    const found = await copies.abandoned(path);
    const unsaved = form.hasAttribute("data-portal-unsaved") || answered() === 422;
    for (const [key, copy] of found) {
        const shown = bare(copy.fields) === bare(typed(form)) || (unsaved && copies.isOfLastPage(key));
        if (shown) {
            if (!unsaved || one.store()) copies.removeKey(key);
        } else if (copy.version === version(form) && !one.dirty && !unsaved && !older.size && !aside()) {
            adopt(one, key, copy, older);
            note(form, `Nous avons remis ce que vous aviez tapé ${when(copy.at)} sans que ce soit enregistré.`);
            autosave?.restored();
        } else if (!aside()) propose(one, key, copy, { older, autosave });
        else older.add(key);
    }
}

// The copy goes with what it began from: the server compares it with what changed since.
function adopt(one, key, copy, older) {
    const { form } = one;
    const origin = { version: copy.version, seen: copy.version, base: copy.base };
    for (const [part, value] of Object.entries(origin)) if (form.elements[part]) form.elements[part].value = value;
    fill(form, copy.fields);
    one.dirty = true;
    older.add(key);
    one.lost = copy.fields.filter(([name, value]) => !form.elements[name] && value.trim()); // rows not shown here
    if (one.lost.length) note(form, `Il manque ici des lignes pour remettre\u00a0: ${one.lost.map(([, value]) => value).join(", ")}.`);
    if (one.store()) copies.removeKey(key);
}

function propose(one, key, copy, { older, autosave }) {
    const { form } = one;
    const since = copy.version === version(form) ? "." : ", et cette partie a changé depuis.";
    const box = note(form, `Ce que vous aviez tapé ${when(copy.at)} n’est pas enregistré${since}`);
    const row = document.createElement("div");
    row.className = "c-buttons";
    const back = button("Remettre mon texte", () => {
        adopt(one, key, copy, older);
        box.remove();
        form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
        autosave?.restored();
    });
    const away = button("Oublier ce texte", () => {
        copies.removeKey(key);
        box.remove();
    });
    row.append(back, away);
    box.append(row);
}

// Signing out forgets every copy: what the server can still take is sent before, and the person is
// asked about the rest, wherever it was typed.
async function onSignOut(event) {
    const form = event.target;
    if (!form.action?.endsWith?.("/logout/") || !copies.mine().length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const unsaved = forms.filter((one) => one.dirty);
    const saved = await Promise.all(unsaved.map((one) => one.sendNow()));
    const elsewhere = copies.mine().filter(([key]) => !copies.isOfThisPage(key));
    if (elsewhere.length) return ask(form, elsewhere);
    const words = "Votre dernier texte n’est pas enregistré. Se déconnecter quand même\u00a0? Il sera effacé de cet appareil.";
    if (!saved.every(Boolean) && !window.confirm(words)) return;
    signOut(form);
}

function signOut(form) {
    forms.forEach((one) => {
        one.leaving = true;
        one.dirty = false;
    });
    copies.removeAll();
    HTMLFormElement.prototype.submit.call(form);
}

// Words that wait on other pages: says where, and lets the person choose.
function ask(form, waiting) {
    document.querySelector("[data-portal-sign-out]")?.remove();
    const box = alertBox("Vous avez tapé du texte qui n’est pas encore enregistré. Si vous vous déconnectez, il sera effacé de cet appareil.");
    box.dataset.portalSignOut = "";
    box.setAttribute("role", "alert");
    box.tabIndex = -1;
    const list = document.createElement("ul");
    const pages = new Map(waiting.map(([key, copy]) => [copy.page ?? copies.pathOf(key), copy]));
    for (const [page, copy] of pages) {
        const link = document.createElement("a");
        link.href = page;
        link.textContent = copy.title || "La page où il attend";
        const item = document.createElement("li");
        item.append(link, ` (${when(copy.at)})`);
        list.append(item);
    }
    const row = document.createElement("div");
    row.className = "c-buttons";
    const away = button("Se déconnecter et effacer ce texte", () => signOut(form));
    const stay = button("Rester connecté", () => box.remove());
    row.append(away, stay);
    const body = document.createElement("div"); // the box itself lays its children side by side
    body.append(...box.childNodes, list, row);
    box.append(body);
    document.getElementById("messages").prepend(box);
    box.scrollIntoView({ block: "nearest" });
    box.focus();
}

function fill(form, fields) {
    const values = new Map();
    for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
    for (const control of form.elements) {
        if (!control.name || !copies.isKept(form, control.name) || ["submit", "button", "file"].includes(control.type)) continue;
        const own = values.get(control.name) ?? [];
        if (["checkbox", "radio"].includes(control.type)) control.checked = own.includes(control.value);
        else if (own.length) control.value = own.shift();
    }
}

function note(form, sentence) {
    const box = alertBox(sentence);
    box.setAttribute("role", "status");
    box.dataset.portalNote = "";
    form.before(box);
    return box;
}

function alertBox(sentence) {
    const box = document.createElement("div");
    box.className = "c-alert c-alert--warning";
    const words = document.createElement("p");
    words.className = "mb-0";
    words.textContent = sentence;
    box.append(words);
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
    return [...new FormData(form)].filter(([name, value]) => typeof value === "string" && copies.isKept(form, name) && !name.startsWith("choice-"));
}

// A control that no longer holds what the page came with: typed in before this script ran.
function isTouched(control) {
    if (control.matches("[type=hidden], [type=file], output, button, fieldset")) return false;
    if (control.matches("[type=checkbox], [type=radio]")) return control.checked !== control.defaultChecked;
    if (!control.options) return control.value !== control.defaultValue;
    const options = [...control.options];
    if (control.multiple) return options.some((option) => option.selected !== option.defaultSelected);
    return control.selectedIndex !== Math.max(0, options.findLastIndex((option) => option.defaultSelected));
}

function bare(fields) {
    return JSON.stringify(fields.filter(([name, value]) => !["key", "request_key"].includes(name) && value.trim())).replace(/\\[rnt]|[\s\u00a0\u202f€]/g, "");
}

function isOlder(form, copy) {
    const saves = "version" in form.elements;
    return saves && copy.version === version(form) && bare(copy.fields) !== bare(typed(form));
}

function version(form) {
    return (form.elements.version ?? form.elements.seen)?.value ?? "";
}

function answered() {
    return performance.getEntriesByType("navigation")[0]?.responseStatus ?? 200;
}

function aside() {
    return document.querySelector("[data-portal-aside]");
}

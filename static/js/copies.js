// The copies themselves, in localStorage: typed:<person>:<page>.<form>:<path>.
const PREFIX = "typed:";
const DAYS = 7;
const COOKIE = "kept"; // the last copy that the server has taken
const LAST_PAGE = "typed-page";

const LEFT_OUT = new Set(["csrfmiddlewaretoken", "version", "base", "seen", "kept"]);
const ROWS = /-(TOTAL|INITIAL|MIN_NUM|MAX_NUM)_FORMS$/; // as many as the page shows
export const person = document.body.dataset.portalPerson ?? "";
const page = window.crypto?.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
const before = inSession(() => sessionStorage.getItem(LAST_PAGE)); // the page this tab showed last
let release = () => {};

// A page that lives holds a lock with its name: nobody else offers its copies.
function hold() {
    navigator.locks?.request(PREFIX + page, () => new Promise((done) => (release = done)))?.catch(() => {});
}
inSession(() => sessionStorage.setItem(LAST_PAGE, page));
hold();
window.addEventListener("pagehide", () => release());

// Tells whether a field is kept: an account number never is, the device may be shared.
export function isKept(form, name) {
    return !LEFT_OUT.has(name) && !ROWS.test(name) && !form.elements[name]?.hasAttribute?.("data-portal-private");
}

export function nameOf(number) {
    return `${page}.${number}`;
}

// Forgets what is old and what the server says it has; returns the latter.
export function clean() {
    const taken = [];
    const confirmed = document.cookie.match(new RegExp(`(?:^|; )${COOKIE}=([\\w.-]+)`))?.[1];
    if (confirmed && person) document.cookie = `${COOKIE}=; path=/; max-age=0; samesite=lax`;
    for (const [key, copy] of all()) {
        const [, owner, name] = key.split(":");
        const stale = !copy || !(Date.now() - copy.at < DAYS * 86400000);
        const done = owner === person && name === confirmed;
        if (done && copy) taken.push([key, copy]);
        if (stale || done) removeKey(key);
    }
    return taken;
}

// Returns the copies of this person for this form whose page is gone, the last of this tab first.
export async function abandoned(path) {
    const held = await heldLocks();
    return all()
        .filter(([key]) => {
            const [, owner, name, ...rest] = key.split(":");
            const from = name?.slice(0, name.lastIndexOf("."));
            return owner === person && rest.join(":") === path && from !== page && (from === before || !held.has(PREFIX + from));
        })
        .sort(([a, one], [b, other]) => b.includes(before) - a.includes(before) || other.at - one.at);
}

// Tells whether a copy was made by the page this tab showed just before this one.
export function isOfLastPage(key) {
    return Boolean(before) && key.split(":")[2].startsWith(`${before}.`);
}

// Returns every copy of this person, on whatever page it was made.
export function mine() {
    return all().filter(([key, copy]) => copy && key.split(":")[1] === person);
}

export function isOfThisPage(key) {
    return key.split(":")[2].startsWith(`${page}.`);
}

export function pathOf(key) {
    return key.split(":").slice(3).join(":");
}

async function heldLocks() {
    try {
        const { held } = await navigator.locks.query();
        return new Set(held.map((lock) => lock.name));
    } catch {
        return new Set(); // an old browser: better offered twice than never
    }
}

export function write(path, name, copy) {
    try {
        localStorage.setItem(`${PREFIX}${person}:${name}:${path}`, JSON.stringify(copy));
        return true;
    } catch {
        return false; // a full or forbidden store
    }
}

export function remove(path, name) {
    removeKey(`${PREFIX}${person}:${name}:${path}`);
}

export function removeKey(key) {
    inSession(() => localStorage.removeItem(key));
}

export function removeAll() {
    for (const [key] of all()) if (key.split(":")[1] === person) removeKey(key);
}

function all() {
    try {
        return Object.keys(localStorage)
            .filter((key) => key.startsWith(PREFIX))
            .map((key) => [key, parse(localStorage.getItem(key))]);
    } catch {
        return [];
    }
}

function parse(text) {
    try {
        return JSON.parse(text);
    } catch {
        return null;
    }
}

function inSession(act) {
    try {
        return act() ?? "";
    } catch {
        return ""; // storage forbidden: the server still saves
    }
}

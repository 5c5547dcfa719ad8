// Warns the office's people before their session closes for want of activity, and extends it.
const WARN_MINUTES = 5;
const KEY = "last-seen";

export function startSession() {
    const minutes = Number(document.body.dataset.portalIdleMinutes);
    if (!minutes) return;
    seen();
    document.addEventListener("htmx:afterRequest", seen);
    window.setInterval(() => check(minutes), 20000);
}

function seen() {
    try {
        localStorage.setItem(KEY, String(Date.now())); // the other tabs extend the session too
    } catch {
        document.body.dataset.portalSeen = String(Date.now());
    }
}

function lastSeen() {
    try {
        return Number(localStorage.getItem(KEY));
    } catch {
        return Number(document.body.dataset.portalSeen);
    }
}

function check(minutes) {
    const left = Math.ceil(minutes - (Date.now() - lastSeen()) / 60000);
    const box = document.querySelector("[data-portal-session]");
    const late = left <= WARN_MINUTES;
    if (late && box.hidden) box.querySelector("button").addEventListener("click", extend, { once: true });
    box.hidden = !late;
    const plural = left >= 2 ? "s" : "";
    const words = left > 0 ? `Votre session se ferme dans ${left} minute${plural}.` : "Votre session est fermée.";
    const text = box.querySelector("p");
    if (late && text.textContent !== words) text.textContent = words;
}

async function extend() {
    const answer = await fetch(document.body.dataset.portalHome, { method: "HEAD" });
    if (!answer.ok) return;
    seen();
    document.querySelector("[data-portal-session]").hidden = true;
}

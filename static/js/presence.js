// Tells that a dossier is open, and who else has it open. The page works without: no mark is then
// written. Nothing is sent while the page is out of sight, and it never keeps a session awake.
const EVERY = 20000; // ms

const form = document.querySelector("[data-review-presence]");
if (form) start(form);
showCurrentTab();
window.addEventListener("resize", showCurrentTab);
document.addEventListener("keydown", go);

function start(form) {
    const said = form.querySelector("[data-review-said]");
    let timer = 0;
    let first = true;

    async function call() {
        window.clearTimeout(timer);
        if (document.hidden) return;
        const data = new FormData(form);
        if (!first) data.delete("debut");
        try {
            const answer = await fetch(form.action, {
                method: "POST",
                body: data,
                redirect: "manual",
                headers: { "X-Portal-Automatic": "1" },
            });
            if (!answer.ok) return; // signed out, or no longer theirs: stop asking
            first = false;
            tell(said, await answer.text());
        } catch {
            // cut off: try again in a moment
        }
        timer = window.setTimeout(call, EVERY);
    }

    document.addEventListener("visibilitychange", call);
    window.addEventListener("pagehide", () => {
        const data = new FormData(form);
        data.set("parti", "1");
        navigator.sendBeacon(form.action, data);
    });
    window.addEventListener("pageshow", (event) => event.persisted && call());
    call();
}

// A screen reader says a region again when it is written again: only what differs is.
function tell(region, html) {
    const words = html.trim();
    if (region.dataset.said === words) return;
    region.dataset.said = words;
    region.replaceChildren(...new DOMParser().parseFromString(words, "text/html").body.childNodes);
}

function showCurrentTab() {
    const tab = document.querySelector(".r-tabs [aria-current]");
    if (!tab) return;
    const strip = tab.closest("ul");
    strip.scrollLeft = tab.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2;
}

// Alt and a page key go through the list: a combination, never a single key.
function go(event) {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const rel = { PageUp: "prev", PageDown: "next" }[event.key];
    const link = rel && document.querySelector(`.r-around a[rel="${rel}"]`);
    if (!link) return;
    event.preventDefault();
    link.click();
}

// Leads the eye and the screen reader: to the errors of a form, to what a swap changed.
export function startFocus() {
    focusErrors(document);
    document.addEventListener("htmx:afterSwap", (event) => {
        const region = event.detail.target;
        if (focusErrors(region)) return;
        region.querySelector("[data-portal-focus]")?.focus();
    });
    document.addEventListener("htmx:sendError", (event) => {
        if (!event.target.closest("[data-portal-keep]")) say("La connexion est coupée. Réessayez dans un instant.");
    });
    document.addEventListener("htmx:responseError", (event) => {
        if (event.target.closest("[data-portal-keep]")) return; // says it beside what was typed
        const signIn = event.detail.xhr.getResponseHeader("X-Sign-In");
        if (signIn) location.assign(signIn);
        else say("L’action n’a pas abouti. Rechargez la page et réessayez.");
    });
}

function focusErrors(region) {
    const summary = region.querySelector("[data-portal-error-summary]");
    summary?.focus();
    return Boolean(summary);
}

function say(sentence) {
    const region = document.getElementById("messages");
    const box = document.createElement("div");
    box.className = "c-alert c-alert--danger";
    box.setAttribute("role", "alert");
    box.textContent = sentence;
    region.replaceChildren(box);
    region.scrollIntoView({ block: "nearest" });
}

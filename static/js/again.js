// The page that gives a text back was made before the person signed in again in another tab: its
// form takes the protection of the new session first, so that one click is enough.
export function startAgain() {
    const form = document.querySelector("form[data-portal-again]");
    if (!form) return;
    document.querySelector("[data-portal-twice]")?.remove(); // one click is enough
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        event.stopPropagation();
        if (form.hasAttribute("aria-busy")) return;
        form.setAttribute("aria-busy", "true");
        send(form);
    });
}

async function send(form) {
    const { token, isOpen } = await fresh();
    form.removeAttribute("aria-busy");
    if (token && !isOpen) return say(form, "Vous n’êtes pas encore connecté. Connectez-vous dans l’autre onglet, puis envoyez de nouveau votre texte.");
    if (token) form.elements.csrfmiddlewaretoken.value = token;
    HTMLFormElement.prototype.submit.call(form);
}

// Reads a page of the portal as it is now, signed in or not.
async function fresh() {
    try {
        const page = await fetch("/", { cache: "no-store" });
        const { body } = new DOMParser().parseFromString(await page.text(), "text/html");
        const token = JSON.parse(body.getAttribute("hx-headers"))["X-CSRFToken"];
        return { token, isOpen: Boolean(body.dataset.portalPerson) };
    } catch {
        return { token: "", isOpen: false }; // the server answers itself
    }
}

function say(form, sentence) {
    let box = form.querySelector("[data-portal-note]");
    if (!box) {
        box = document.createElement("p");
        box.className = "c-alert c-alert--warning";
        box.setAttribute("role", "status");
        box.dataset.portalNote = "";
        form.append(box);
    }
    box.textContent = sentence;
}

// Sends a file with its progress, and keeps it chosen when the network fails. Without this script
// the form is sent by the browser, and the page comes back.
import { person } from "./copies.js";
import { renew } from "./renew.js";

const RETRY = "Réessayer";

document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form[data-portal-upload]");
    if (!form || event.target.type !== "file" || !check(form) || !chosen(form)) return;
    if (form.hasAttribute("data-portal-at-once")) form.requestSubmit();
    else if (form.classList.contains("a-upload")) say(form, `Fichier choisi, pas encore envoyé\u00a0: «\u00a0Joindre\u00a0» l’envoie.`);
});

document.addEventListener(
    "submit",
    (event) => {
        const form = event.target;
        if (!form.matches?.("form[data-portal-upload]") || !chosen(form)) return;
        event.preventDefault();
        if (form.dataset.portalSending || !check(form)) return;
        form.dataset.portalSending = "1";
        const { submitter } = event;
        window.setTimeout(() => send(form, submitter)); // once keep.js has named its copy
    },
    true,
);

// A file that was chosen and has not reached the portal is not left behind without a word.
window.addEventListener("beforeunload", (event) => {
    if ([...document.querySelectorAll("form[data-portal-upload]")].some(chosen)) event.preventDefault();
});

document.querySelectorAll("[data-portal-upload-words]").forEach((words) => (words.hidden = false));

function chosen(form) {
    return form.querySelector("input[type=file]").files[0];
}

// Says at once what the server would refuse anyway.
function check(form) {
    const field = form.querySelector("input[type=file]");
    const problem = [...field.files].map((file) => problemOf(file, field)).find(Boolean) ?? "";
    say(form, problem, { bad: Boolean(problem) });
    return !problem;
}

function problemOf(file, field) {
    const extension = `.${file.name.split(".").pop().toLowerCase()}`;
    const most = Number(field.dataset.portalMax);
    if (!field.accept.split(",").includes(extension)) return `Le format du fichier «\u00a0${file.name}\u00a0» n’est pas accepté.`;
    if (file.size > most) return `Le fichier «\u00a0${file.name}\u00a0» pèse ${weight(file.size)}\u00a0: le maximum est ${weight(most)}.`;
    return file.size === 0 ? `Le fichier «\u00a0${file.name}\u00a0» est vide.` : "";
}

function weight(size) {
    if (size < 1024 * 1024) return `${Math.max(1, Math.round(size / 1024))}\u00a0Ko`;
    return `${(size / 1024 / 1024).toFixed(1).replace(".", ",").replace(",0", "")}\u00a0Mo`;
}

function send(form, submitter = null) {
    const request = new XMLHttpRequest();
    const names = [...form.querySelector("input[type=file]").files].map((file) => `«\u00a0${file.name}\u00a0»`);
    form.dataset.portalSending = "1";
    form.setAttribute("aria-busy", "true");
    const { bar, words, cancel } = progress(form);
    say(form, `Envoi de ${names.join(", ")}…`);
    cancel.addEventListener("click", () => request.abort());
    request.upload.addEventListener("progress", (event) => {
        if (!event.lengthComputable) return;
        const done = Math.floor((100 * event.loaded) / event.total);
        bar.value = done;
        words.textContent = done < 100 ? `${done}\u00a0%` : "Contrôle du fichier…";
    });
    request.addEventListener("load", () => {
        rest(form);
        if (request.getResponseHeader("X-Form-Expired")) expired(form, submitter);
        else if (request.status >= 500 || request.status === 429) failed(form, request.status);
        else arrived(form, request);
    });
    request.addEventListener("error", () => (rest(form), failed(form)));
    request.addEventListener("timeout", () => (rest(form), failed(form)));
    request.addEventListener("abort", () => {
        rest(form);
        say(form, "Envoi annulé. Le fichier reste choisi.");
        form.querySelector("[type=submit]").focus();
    });
    request.open("POST", form.action);
    request.timeout = 10 * 60 * 1000;
    const data = new FormData(form);
    if (submitter?.name) data.append(submitter.name, submitter.value);
    request.send(data);
}

// The session was closed and is open again: the form takes its new protections, once.
async function expired(form, submitter) {
    const found = form.dataset.portalRenewed ? "" : await renew();
    if (found === "open") {
        form.dataset.portalRenewed = "1";
        send(form, submitter);
    } else if (found === "cut") failed(form);
    else closed(form, found === "other" ? "Un autre compte est connecté dans ce navigateur." : undefined);
}

function closed(form, why = "Vous n’êtes plus connecté.") {
    say(form, `${why} Reconnectez-vous dans un autre onglet, puis réessayez\u00a0: le fichier reste choisi.`, { bad: true, retry: true });
}

function progress(form) {
    const box = document.createElement("div");
    box.className = "f-progress";
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", "Envoi du fichier");
    const words = document.createElement("span");
    words.textContent = "0\u00a0%";
    const cancel = document.createElement("button");
    cancel.type = "button";
    cancel.className = "btn btn-link btn-sm";
    cancel.textContent = "Annuler l’envoi";
    box.append(bar, words, cancel);
    form.append(box);
    return { bar, words, cancel };
}

function rest(form) {
    delete form.dataset.portalSending;
    form.removeAttribute("aria-busy");
    form.querySelector(".f-progress")?.remove();
}

function failed(form, status) {
    const why =
        status === 429
            ? "Trop d’envois en peu de temps."
            : status
              ? "Le portail n’a pas pu recevoir le fichier."
              : "La connexion s’est interrompue.";
    say(form, `${why} Le fichier reste choisi\u00a0: vous pouvez réessayer.`, { bad: true, retry: true });
}

// The page that the server answered: where there are several, only the document's card is replaced,
// so that files chosen for the other documents stay chosen.
function arrived(form, request) {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const card = form.closest("[data-portal-piece]");
    const fresh = card && page.getElementById(card.id);
    if (page.body.dataset.portalPerson !== person) return closed(form);
    if (!fresh) return show(page, form, request);
    delete form.dataset.portalRenewed;
    swap(card, fresh);
    const isRefused = request.status >= 400;
    for (const where of [".a-steps", "#pieces-compte", "#pieces-erreurs"]) {
        const [old, now] = [document.querySelector(where), page.querySelector(where)];
        if (old && now) swap(old, now);
    }
    if (isRefused) {
        document.querySelector(`#${card.id} .is-invalid`)?.focus();
        return;
    }
    const next = document.querySelector(`#${card.id} form[data-portal-upload]`);
    if (next) say(next, "La pièce est jointe.");
    document.querySelector(`#${card.id} .c-file__name`)?.focus();
}

function show(page, form, request) {
    const field = form.querySelector("input[type=file]");
    swap(document.querySelector(".c-page"), page.querySelector(".c-page"));
    document.title = page.title;
    if (request.status < 400 && request.responseURL !== location.href) {
        history.replaceState({ portalPage: true }, ""); // « Retour » asks for it again: see portal.js
        history.pushState({ portalPage: true }, "", request.responseURL);
    }
    const again = request.status >= 400 && document.getElementById(field.id);
    if (again && !again.matches(".is-invalid, [aria-invalid=true]")) {
        again.files = field.files; // what is wrong is elsewhere: nobody chooses it twice
        document.querySelector("[data-portal-file-lost]")?.remove();
    }
    document.dispatchEvent(new CustomEvent("portal:page"));
    const main = document.querySelector("main");
    main.scrollIntoView();
    (main.querySelector("[data-portal-error-summary]") ?? main).focus({ preventScroll: true });
}

function swap(old, now) {
    old.replaceWith(document.adoptNode(now));
}

function say(form, text, { bad = false, retry = false } = {}) {
    let box = form.querySelector(".f-status");
    if (!box) {
        box = document.createElement("div");
        box.className = "f-status";
        box.setAttribute("role", "status");
        form.append(box);
    }
    box.classList.toggle("f-status--bad", bad);
    box.replaceChildren(text);
    if (!retry) return;
    const button = document.createElement("button");
    button.type = "submit";
    button.className = "btn btn-sm btn-outline-primary";
    button.textContent = RETRY;
    box.append(" ", button);
}

// Saves a section while it is typed, says so in words, and tries again until the server has it.
import { renew } from "./renew.js";

const PAUSE = 1500; // ms without a key before saving
const LONGEST = 10000; // ms of typing without a pause
const LEFT_FIELD = 400;
const TRY_AGAIN = [2, 5, 10, 30, 60]; // seconds; a little more at random, so that not all come at once
const PATIENCE = 5000;
const MAX_FLUSH = 60000; // bytes a browser still sends while a page closes

const KEPT = "Votre texte est gardé sur cet appareil.";
const ON_SCREEN = "Votre texte n’est qu’à l’écran\u00a0: ne fermez pas cette page.";

export function startAutosave(one, { typed }) {
    const { form } = one;
    const status = form.querySelector("#autosave");
    const icons = form.querySelector("[data-portal-icons]")?.content;
    let [timer, since, failures, busy, renewed, waiting] = [0, 0, 0, false, false, []];
    let problem = form.hasAttribute("data-portal-unsaved") ? "choice" : "";
    let sent = { fields: [], version: "", base: "" };

    // --- When -------------------------------------------------------------------------------
    function changed(type) {
        if (problem) return;
        tell("Modifié, pas encore enregistré.", { icon: "pencil", quiet: true });
        since ||= Date.now();
        const left = since + LONGEST - Date.now();
        ask(type === "change" ? LEFT_FIELD : Math.max(0, Math.min(PAUSE, left)));
    }

    function left() {
        if (one.dirty && !problem) ask(LEFT_FIELD);
    }

    function ask(delay) {
        window.clearTimeout(timer);
        timer = window.setTimeout(send, delay);
    }

    function send() {
        window.clearTimeout(timer);
        if (busy || one.leaving || !one.dirty || (problem && problem !== "cut")) return;
        form.dispatchEvent(new CustomEvent("portal:save"));
    }

    function restored() {
        tell("Modifié, pas encore enregistré.", { icon: "pencil", quiet: true });
        if (document.readyState === "complete") send();
        else window.addEventListener("load", send, { once: true }); // htmx listens by then
    }

    // The whole form is on its way by its button: a draft behind it would come too late, and be refused.
    function stop() {
        window.clearTimeout(timer);
        form.dispatchEvent(new CustomEvent("htmx:abort", { bubbles: true, detail: { elt: form } }));
    }

    // Resolves once the server has it all, or not within a few seconds.
    function sendNow() {
        if (!one.dirty) return Promise.resolve(true);
        return new Promise((done) => {
            waiting.push(done);
            window.setTimeout(() => done(false), PATIENCE);
            send();
        });
    }

    function answer(saved) {
        waiting.forEach((done) => done(saved));
        waiting = [];
    }

    // --- What the server says -----------------------------------------------------------------
    form.addEventListener("htmx:beforeRequest", () => {
        busy = true;
        sent = { fields: typed(form), version: value("version"), base: value("base") };
        if (!problem) tell("Enregistrement…", { icon: "arrow-repeat", quiet: true });
    });
    form.addEventListener("htmx:afterRequest", (event) => {
        busy = false;
        if (event.detail.successful) saved();
        else if (event.detail.xhr.status === 409) {
            problem = "choice";
            answer(false);
        }
    });
    form.addEventListener("htmx:sendError", () => failed(navigator.onLine ? "le portail ne répond pas" : "la connexion est coupée"));
    form.addEventListener("htmx:timeout", () => failed("le portail ne répond pas"));
    form.addEventListener("htmx:responseError", (event) => {
        const { xhr } = event.detail;
        const signIn = xhr.getResponseHeader("X-Sign-In");
        if (signIn) signedOut(signIn);
        else if (xhr.getResponseHeader("X-Form-Expired") && !renewed) expired();
        else if (xhr.status >= 500 || xhr.status === 429 || xhr.status === 408) failed("le portail a un empêchement");
        else refused();
    });

    function saved() {
        [failures, since, problem, renewed] = [0, 0, "", false];
        const more = JSON.stringify(typed(form)) !== JSON.stringify(sent.fields);
        take();
        if (more) {
            one.dirty = true;
            one.store();
            ask(PAUSE);
        } else one.forget();
        answer(!more);
    }

    // Puts in place what a colleague saved in fields left alone here. What cannot be put in place
    // leaves the page with what it began from: the next save compares again.
    function take() {
        const holder = form.querySelector("[data-portal-taken]");
        let complete = true;
        for (const [name, values] of holder ? JSON.parse(holder.dataset.portalTaken) : []) {
            const controls = [...form.elements].filter((control) => control.name === name);
            const edited = JSON.stringify(of(typed(form), name)) !== JSON.stringify(of(sent.fields, name));
            if (edited || (!controls.length && values.some(Boolean))) complete = false;
            else controls.forEach((control, n) => put(control, values, n));
        }
        if (complete) return;
        for (const part of ["version", "base"]) form.elements[part].value = sent[part];
        const line = status.querySelector(".a-save__text > :last-child");
        line?.append(" ", link(location.href, "Recharger la page", false), " pour tout voir.");
    }

    function failed(why) {
        problem = "cut";
        const wait = TRY_AGAIN[Math.min(failures, TRY_AGAIN.length - 1)] * 1000;
        failures += 1;
        tell(`Non enregistré\u00a0: ${why}. ${kept()} Nouvel essai automatique.`, { actions: [again()] });
        ask(wait * (1 + Math.random() * 0.2));
        answer(false);
    }

    function signedOut(address, words = "votre session est fermée") {
        problem = "closed";
        const signIn = link(address, "Se connecter dans un nouvel onglet", true);
        tell(`Non enregistré\u00a0: ${words}. ${kept()}`, { actions: [signIn, again()] });
        answer(false);
    }

    function refused() {
        problem = "refused";
        const words = `Non enregistré\u00a0: le portail n’accepte plus ce que cette page envoie. ${kept()}`;
        tell(words, { actions: [link(location.href, "Recharger la page", false)] });
        answer(false);
    }

    async function expired() {
        problem = "expired";
        await retry();
    }

    // --- Again --------------------------------------------------------------------------------
    async function retry() {
        if (!one.dirty || busy) return;
        if (problem === "closed" || problem === "expired") {
            const found = await renew();
            if (found === "cut") return failed("le portail ne répond pas");
            if (found === "other") return signedOut(location.href, "un autre compte est connecté dans ce navigateur");
            if (found !== "open") return signedOut(found);
            [problem, renewed] = ["", true];
        }
        send();
    }

    const waits = () => problem === "cut" || problem === "closed";
    window.addEventListener("online", () => waits() && retry());
    window.addEventListener("focus", () => problem === "closed" && retry());
    document.addEventListener("visibilitychange", () => {
        if (document.hidden) send();
        else if (waits()) retry();
    });
    window.addEventListener("pagehide", () => {
        if (one.dirty && !one.leaving && (!problem || problem === "cut")) flush(form);
    });

    // --- Words --------------------------------------------------------------------------------
    const kept = () => (one.kept ? KEPT : ON_SCREEN);

    function again() {
        const made = document.createElement("button");
        made.type = "button";
        made.className = "btn btn-outline-primary btn-sm";
        made.textContent = "Réessayer";
        made.addEventListener("click", () => {
            tell("Nouvel essai…", { icon: "arrow-repeat" });
            retry();
        });
        return made;
    }

    function tell(sentence, { icon = "exclamation-triangle-fill", quiet = false, actions = null }) {
        const line = status.querySelector(".a-save__text");
        if (!line || (line.textContent.trim() === sentence && Boolean(status.querySelector(".a-save__actions")) === Boolean(actions))) return;
        const focused = status.contains(document.activeElement) && document.activeElement !== status;
        line.classList.toggle("a-save__text--problem", Boolean(actions));
        line.classList.toggle("a-save__text--waiting", quiet);
        const words = document.createElement("span");
        words.textContent = sentence;
        if (quiet) words.setAttribute("aria-hidden", "true"); // seen, not read aloud at each key
        const drawing = icons?.querySelector(`[data-portal-icon="${icon}"] svg`)?.cloneNode(true);
        line.replaceChildren(...(drawing ? [drawing] : []), words);
        status.querySelectorAll(".a-save__actions, button").forEach((old) => old.remove());
        if (actions) {
            const row = document.createElement("div");
            row.className = "a-save__actions";
            row.append(...actions);
            status.append(row);
        }
        if (focused) status.focus();
    }

    function value(name) {
        return form.elements[name]?.value ?? "";
    }

    return { changed, left, restored, sendNow, stop };
}

// The page is closing: no answer will be read, but the cookie it brings confirms the copy.
function flush(form) {
    const body = new URLSearchParams(new FormData(form));
    body.set("kept", form.dataset.portalKept ?? "");
    if (body.toString().length > MAX_FLUSH) return; // the copy will do
    const headers = { "HX-Request": "true", "HX-Target": "autosave" };
    fetch(form.action, { method: "POST", body, headers, keepalive: true }).catch(() => {});
}

function of(fields, name) {
    return fields.filter(([own]) => own === name).map(([, text]) => text);
}

function put(control, values, n) {
    if (["checkbox", "radio"].includes(control.type)) control.checked = values.includes(control.value);
    else control.value = values[n] ?? "";
}

function link(address, words, apart) {
    const made = document.createElement("a");
    made.href = address;
    made.textContent = words;
    if (apart) {
        made.target = "_blank";
        made.rel = "noopener";
    }
    return made;
}

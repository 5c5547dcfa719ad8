// After an automatic save, marks the fields that the server could not read, with its words, and
// unmarks those that are right now: the same marks as when the whole page is shown.
export function startMarks() {
    document.addEventListener("htmx:afterSwap", () => {
        const holder = document.querySelector("#autosave [data-portal-marks]");
        if (!holder) return;
        const marks = JSON.parse(holder.dataset.portalMarks);
        holder.remove();
        const form = document.getElementById("partie");
        const wrong = new Set(marks.map(({ name }) => name));
        for (const control of form.querySelectorAll("[aria-invalid=true], .is-invalid")) {
            if (!wrong.has(control.name)) unmark(control);
        }
        marks.forEach((one) => mark(form, one));
        if (!marks.length) document.querySelector("main [data-portal-error-summary]")?.remove();
    });
}

function mark(form, { name, sentences }) {
    const controls = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
    if (!controls.length) return;
    const field = controls[0].closest(".a-field, fieldset, .form-check") ?? controls[0].parentElement;
    const id = `id_${name}_error`;
    field.querySelectorAll(":scope > .invalid-feedback").forEach((old) => old.remove());
    field.classList.add("a-field--error");
    const words = sentences.map((sentence, n) => {
        const line = document.createElement("p");
        line.className = "invalid-feedback d-block";
        if (!n) line.id = id;
        line.textContent = sentence;
        return line;
    });
    const before = [...field.children].find((child) => child.contains(controls[0]));
    before.before(...words);
    for (const control of controls) {
        control.classList.add("is-invalid");
        control.setAttribute("aria-invalid", "true");
        describe(control, (ids) => [...ids.filter((one) => one !== id), id]);
    }
}

function unmark(control) {
    const id = `id_${control.name}_error`;
    const field = control.closest(".a-field, fieldset, .form-check") ?? control.parentElement;
    field.classList.remove("a-field--error");
    field.querySelectorAll(":scope > .invalid-feedback").forEach((old) => old.remove());
    control.classList.remove("is-invalid");
    control.removeAttribute("aria-invalid");
    describe(control, (ids) => ids.filter((one) => one !== id));
}

function describe(control, change) {
    const ids = change((control.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
    if (ids.length) control.setAttribute("aria-describedby", ids.join(" "));
    else control.removeAttribute("aria-describedby");
}

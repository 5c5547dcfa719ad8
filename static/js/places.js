// A box that shows only the communes whose name holds what is typed. It sends nothing: what is
// hidden stays ticked, and the form's own saving does not see it.
export function startPlaces() {
    document.querySelectorAll("[data-portal-find]").forEach((box) => {
        const list = document.getElementById(box.dataset.portalFind);
        const input = box.querySelector("input");
        const said = box.querySelector("[role=status]");
        if (!list) return;
        box.hidden = false;
        for (const kind of ["input", "change"]) {
            input.addEventListener(kind, (event) => event.stopPropagation());
        }
        input.addEventListener("keydown", (event) => {
            if (event.key === "Enter") event.preventDefault();
        });
        input.addEventListener("input", () => show(list, fold(input.value), said));
        show(list, fold(input.value), said);
    });
}

function show(list, words, said) {
    let count = 0;
    list.querySelectorAll("fieldset").forEach((group) => {
        let seen = 0;
        group.querySelectorAll(".form-check").forEach((row) => {
            row.hidden = !fold(row.textContent).includes(words);
            seen += row.hidden ? 0 : 1;
        });
        group.hidden = !seen;
        count += seen;
    });
    said.textContent = words ? `${count} commune${count > 1 ? "s" : ""} affichée${count > 1 ? "s" : ""}` : "";
}

function fold(text) {
    return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[-’'\s]+/gu, " ").trim();
}

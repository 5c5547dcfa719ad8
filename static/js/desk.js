// The boxes of a list: how many are ticked, the whole page at once. Without it they work one by one.
const bar = document.querySelector("[data-desk-batch]");
const all = document.querySelector("[data-desk-all]");
const every = document.querySelector("[data-desk-every]");
const words = document.querySelector("[data-desk-count]");
const boxes = [...document.querySelectorAll('input[name="dossier"][form="lot"]')];
const invitation = words?.textContent ?? "";

function show() {
    const ticked = boxes.filter((box) => box.checked).length;
    if (all) {
        all.checked = boxes.length > 0 && ticked === boxes.length;
        all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
    bar.classList.toggle("is-active", Boolean(ticked || every?.checked));
    for (const box of boxes) box.disabled = Boolean(every?.checked);
    if (every?.checked) words.textContent = "Toute la liste est choisie.";
    else if (ticked) words.textContent = `${ticked} dossier${ticked > 1 ? "s" : ""} choisi${ticked > 1 ? "s" : ""}.`;
    else words.textContent = invitation;
}

if (bar) {
    all?.addEventListener("change", () => {
        for (const box of boxes) box.checked = all.checked;
        show();
    });
    every?.addEventListener("change", show);
    for (const box of boxes) box.addEventListener("change", show);
    window.addEventListener("pageshow", show);
    show();
}

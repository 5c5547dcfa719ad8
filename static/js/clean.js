// Takes out of what is pasted the characters that no text holds (NUL, bell…): the server refuses
// a form that bears some, and what is typed around them would not be saved.
const CONTROLS = /(?![\t\n\r])\p{Cc}/gu;
const LEFT_ALONE = new Set(["file", "password", "hidden"]);

export function startClean() {
    for (const type of ["input", "change"]) document.addEventListener(type, (event) => clean(event.target), true);
    document.addEventListener("submit", (event) => [...event.target.elements].forEach(clean), true);
}

function clean(field) {
    if (typeof field.value !== "string" || !("defaultValue" in field) || LEFT_ALONE.has(field.type)) return;
    const clear = field.value.replace(CONTROLS, "");
    if (clear !== field.value) field.value = clear;
}

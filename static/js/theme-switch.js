// Light, dark or as the system says: kept in this browser only.
export function startTheme() {
    const group = document.querySelector("[data-portal-theme]");
    if (!group) return;
    let kept = "auto";
    try {
        kept = localStorage.getItem("theme") || kept;
    } catch {
        group.hidden = true; // without storage the choice could not be kept
    }
    for (const input of group.querySelectorAll("input")) input.checked = input.value === kept;
    group.addEventListener("change", (event) => {
        localStorage.setItem("theme", event.target.value);
        document.dispatchEvent(new Event("portal:theme"));
    });
}

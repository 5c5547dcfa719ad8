// The navigation of small screens, and the account and organisation menus (<details>).
export function startMenus() {
    const toggle = document.querySelector("[data-portal-nav-toggle]");
    const panel = document.getElementById("navigation");
    toggle?.addEventListener("click", () => {
        const open = toggle.getAttribute("aria-expanded") !== "true";
        toggle.setAttribute("aria-expanded", String(open));
        panel.classList.toggle("is-open", open);
    });

    const menus = [...document.querySelectorAll("[data-portal-menu]")];
    document.addEventListener("click", (event) => {
        for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
    });
    document.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        for (const menu of menus) {
            if (!menu.open) continue;
            menu.open = false;
            menu.querySelector("summary").focus();
        }
    });
}

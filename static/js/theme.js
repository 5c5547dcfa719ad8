// Runs before the first paint: says that script is there, and chooses light or dark.
(() => {
    const root = document.documentElement;
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const kept = () => {
        try {
            return localStorage.getItem("theme") || "auto";
        } catch {
            return "auto"; // storage may be forbidden
        }
    };
    const apply = () => {
        const choice = kept();
        root.dataset.bsTheme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    };
    root.classList.add("has-script");
    apply();
    dark.addEventListener("change", apply);
    window.addEventListener("storage", apply);
    document.addEventListener("portal:theme", apply);
})();

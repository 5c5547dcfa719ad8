// Filters stand open beside the list on a wide screen, folded above it on a small one.
export function startFilters() {
    const wide = window.matchMedia("(min-width: 992px)");
    const unfold = () => {
        for (const filters of document.querySelectorAll("[data-portal-filters]")) {
            if (wide.matches) filters.open = true;
        }
    };
    unfold();
    wide.addEventListener("change", unfold);
    document.addEventListener("htmx:load", unfold);
}

// In the budget: the up and down arrows go from one amount to the next of the same column, and
// funders are printed whole, not as much as their field shows.
export function startBudget() {
    document.querySelectorAll(".a-budget__side table").forEach((table) => {
        table.addEventListener("keydown", (event) => {
            const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (!step || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
            const amounts = [...table.querySelectorAll("td input[type=text]")];
            const here = amounts.indexOf(event.target);
            const next = here < 0 ? null : amounts[here + step];
            if (!next) return;
            event.preventDefault();
            next.focus();
            next.select();
        });
    });
    window.addEventListener("beforeprint", () => {
        document.querySelectorAll(".a-budget__funder").forEach((row) => {
            const [funder, status] = [row.querySelector("input"), row.querySelector("select")];
            const words = [funder.value, status.value && status.selectedOptions[0].text];
            row.dataset.portalPrinted = words.filter(Boolean).join(", ");
        });
    });
    window.addEventListener("afterprint", () => {
        document.querySelectorAll("[data-portal-printed]").forEach((row) => delete row.dataset.portalPrinted);
    });
}

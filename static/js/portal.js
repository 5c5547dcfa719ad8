// What every page needs. All of it is comfort: the pages work without.
import { startAgain } from "./again.js";
import { startBudget } from "./budget.js";
import { startClean } from "./clean.js";
import { startFilters } from "./filters.js";
import { startFocus } from "./focus.js";
import { startKeep } from "./keep.js";
import { startMarks } from "./marks.js";
import { startMenus } from "./menus.js";
import { startPlaces } from "./places.js";
import { startSession } from "./session.js";
import { startTheme } from "./theme-switch.js";
import { startWords } from "./words.js";

startClean();
startMenus();
startFilters();
startFocus();
startKeep();
startAgain();
startMarks();
startBudget();
startPlaces();
startSession();
startTheme();
startWords();

document.addEventListener("click", (event) => {
    if (event.target.closest("[data-portal-print]")) window.print();
});

window.addEventListener("popstate", (event) => event.state?.portalPage && location.reload());

// A form is sent once: the button rests after the first click, until the page comes back.
document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.portalSent) {
        event.preventDefault();
        return;
    }
    form.dataset.portalSent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
    window.setTimeout(() => release(form), 8000);
});
window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach(release));

function release(form) {
    delete form.dataset.portalSent;
    form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
}

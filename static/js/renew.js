import { person } from "./copies.js";

// The session may be open again, with new protections for the forms: takes them from a fresh page.
export async function renew() {
    try {
        const page = await fetch(location.href, { cache: "no-store" });
        if (page.status >= 500) return "cut";
        const { body } = new DOMParser().parseFromString(await page.text(), "text/html");
        const now = body.dataset.portalPerson;
        if (!now) return page.redirected ? page.url : location.href;
        if (now !== person) return "other";
        const headers = body.getAttribute("hx-headers");
        document.body.setAttribute("hx-headers", headers);
        const token = JSON.parse(headers)["X-CSRFToken"];
        document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => (field.value = token));
        return "open";
    } catch {
        return "cut";
    }
}

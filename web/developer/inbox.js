// Keeps the inbox up to date: told that a mail has arrived, it gets the page anew and takes the list
// from it, and the mail as well where the page shows the newest. Nothing else that is open changes.
(function () {
  "use strict";

  const page = document.body;
  const live = document.getElementById("live");
  let shown = page.dataset.newest;

  async function refresh() {
    const response = await fetch(location.href, { credentials: "same-origin" });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    replace(fresh, "list");
    if (!page.classList.contains("chosen")) {
      replace(fresh, "mail");
    }
  }

  function replace(fresh, id) {
    const part = fresh.getElementById(id);
    if (part) {
      document.getElementById(id).replaceWith(document.adoptNode(part));
    }
  }

  const events = new EventSource(page.dataset.events);
  events.onopen = () => {
    live.textContent = "Live";
  };
  events.onerror = () => {
    live.textContent = events.readyState === EventSource.CLOSED ? "Not live: reload to see new mail." : "The server is away.";
  };
  events.onmessage = async (event) => {
    live.textContent = "Live";
    if (event.data === shown) {
      return;
    }
    shown = event.data;
    try {
      await refresh();
    } catch {
      live.textContent = "Reload to see new mail.";
    }
  };
  addEventListener("pagehide", () => events.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      location.reload();
    }
  });
})();

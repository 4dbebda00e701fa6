// Starts GraphiQL with the prepared tabs. What it keeps, it keeps in this tab of the browser until
// that is closed: variables may hold passwords, and the access token is not kept at all.
(function () {
  "use strict";

  const root = document.getElementById("playground");
  const token = document.getElementById("token");

  // The one style that a menu adds while it is open, by the name under which its library looks for it.
  window.__webpack_nonce__ = root.dataset.nonce;

  // A token of the page's own field goes before the cookie, and one of the headers' editor before both.
  function send(url, options) {
    const headers = new Headers(options.headers);
    const given = token.value.trim();
    if (given && !headers.has("Authorization")) {
      headers.set("Authorization", "Bearer " + given);
    }
    return fetch(url, { ...options, headers, credentials: "same-origin" });
  }

  document.getElementById("session").addEventListener("submit", (event) => event.preventDefault());

  // Just after a change of tabs, GraphiQL has the name of the operation before: the document knows better.
  const fetcher = GraphiQL.createFetcher({ url: root.dataset.endpoint, fetch: send });
  function ask(params, options) {
    const name = params.operationName;
    const known = !name || new RegExp("(query|mutation|subscription)\\s+" + name + "\\b").test(params.query);
    return fetcher(known ? params : { ...params, operationName: undefined }, options);
  }

  // GraphiQL shows the variables of every tab but the first, of which it wants them separately.
  const tabs = JSON.parse(root.dataset.tabs);
  const storage = window.sessionStorage;
  if (!storage.getItem("graphiql:tabState")) {
    storage.setItem("graphiql:variables", tabs[0].variables || "");
  }

  // The documentation is open where there is room for it. (The property for this leaves it out of sight.)
  if (window.matchMedia("(min-width: 62rem)").matches) {
    const observer = new MutationObserver(() => {
      const button = root.querySelector('[aria-label="Show Documentation Explorer"]');
      if (button) {
        observer.disconnect();
        button.click();
      }
    });
    observer.observe(root, { childList: true, subtree: true });
  }

  ReactDOM.createRoot(root).render(
    React.createElement(GraphiQL, {
      fetcher: ask,
      defaultTabs: tabs,
      storage,
      shouldPersistHeaders: false,
      isHeadersEditorEnabled: true,
      defaultEditorToolsVisibility: "variables",
      inputValueDeprecation: true,
      schemaDescription: true,
    }),
  );
})();

// Copies the lines of the front door. Without it, or where the browser does not let a page copy,
// there are no buttons, and the lines can be selected.
(function () {
  "use strict";

  if (!navigator.clipboard) {
    return;
  }
  const status = document.querySelector("[role=status]");

  function offer(button, text) {
    button.hidden = false;
    const words = button.textContent;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
        status.textContent = "Copied.";
      } catch {
        status.textContent = "The browser does not allow it: select the line instead.";
      }
      setTimeout(() => {
        button.textContent = words;
        status.textContent = "";
      }, 2000);
    });
  }

  const lines = [];
  for (const step of document.querySelectorAll(".steps li")) {
    const line = step.querySelector("code").textContent;
    lines.push(line);
    offer(step.querySelector("button"), line);
  }
  if (lines.length > 0) {
    offer(document.querySelector(".copy-all"), lines.join("\n") + "\n");
  }
})();

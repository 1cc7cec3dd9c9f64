/** Importing this defines `<pavilion-inbox>`: see docs/browser.md. */

import { PavilionInbox } from "./element.js";

export { PavilionInbox };
export { ENGLISH, type Labels } from "./labels.js";

if (!customElements.get("pavilion-inbox")) customElements.define("pavilion-inbox", PavilionInbox);

declare global {
  interface HTMLElementTagNameMap {
    "pavilion-inbox": PavilionInbox;
  }
}

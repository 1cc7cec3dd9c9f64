import { messageOf, type PreferenceClasses, type Preferences, type Rest } from "@pavilion/client";
import { create, setText } from "./dom.js";
import type { Labels } from "./labels.js";

type Loaded = Preferences & PreferenceClasses;

/** What the user wants to be told of, and when not: loaded when it is shown; what was changed is saved. */
export class Settings {
  readonly element = create("form", { class: "settings", hidden: true });
  #loaded: Loaded | null = null;
  #boxes = new Map<string, HTMLInputElement>();
  readonly #status = create("span", { role: "status" });
  readonly #save: HTMLButtonElement;
  readonly #quiet = create("input", { type: "checkbox" });
  readonly #start = create("input", { type: "time", required: true });
  readonly #end = create("input", { type: "time", required: true });

  constructor(
    private readonly rest: Pick<Rest, "preferences" | "setPreferences">,
    private readonly labels: Labels,
  ) {
    this.#save = create("button", { class: "button primary", type: "submit" }, labels.save);
    this.element.onsubmit = (event) => {
      event.preventDefault();
      void this.#store();
    };
    this.element.oninput = () => {
      this.#times();
      setText(this.#status, "");
    };
  }

  async load(): Promise<void> {
    const { labels } = this;
    this.element.replaceChildren(create("span", { class: "spin", role: "progressbar", "aria-label": labels.loading }));
    try {
      this.#draw(await this.rest.preferences());
    } catch (error) {
      const again = create("button", { class: "button", type: "button" }, labels.tryAgain);
      again.onclick = () => void this.load();
      this.element.replaceChildren(create("p", { role: "alert" }, messageOf(error)), again);
    }
  }

  #draw(loaded: Loaded): void {
    const { labels } = this;
    this.#loaded = loaded;
    this.#boxes.clear();
    const types = Object.entries(loaded.classes).map(([type, { default: usual, mandatory }]) => {
      const box = create("input", { type: "checkbox", disabled: mandatory });
      box.checked = loaded.types[type] ?? usual;
      if (!mandatory) this.#boxes.set(type, box);
      const name = create("span", {}, labels.typeName(type));
      return create("label", { class: "row" }, name, ...(mandatory ? [create("small", {}, labels.always)] : []), box);
    });
    const hours = loaded.quiet_hours;
    this.#quiet.checked = hours !== null;
    this.#start.value = hours?.start ?? "22:00";
    this.#end.value = hours?.end ?? "07:00";
    this.#times();
    setText(this.#status, "");
    this.element.replaceChildren(
      group(labels.types, labels.typesHint, ...types),
      group(
        labels.quietHours,
        labels.quietHint,
        create("label", { class: "row" }, create("span", {}, labels.quietOn), this.#quiet),
        create("label", { class: "row" }, create("span", {}, labels.from), this.#start),
        create("label", { class: "row" }, create("span", {}, labels.until), this.#end),
        create("p", { class: "hint" }, this.#zone),
      ),
      create("div", { class: "row" }, this.#status, this.#save),
    );
  }

  /** Where the hours were set stays their zone; new ones are of where the user is. */
  get #zone(): string {
    return this.#loaded?.quiet_hours?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  }

  #times(): void {
    this.#start.disabled = this.#end.disabled = !this.#quiet.checked;
  }

  /** Only what differs: a word on a type that the user never gave must not be made up. */
  #changes(loaded: Loaded): Partial<Preferences> {
    const changed = [...this.#boxes].filter(([type, box]) => box.checked !== loaded.types[type]);
    const hours = { start: this.#start.value, end: this.#end.value, time_zone: this.#zone };
    const quiet = this.#quiet.checked ? hours : null;
    return {
      ...(changed.length > 0 && { types: Object.fromEntries(changed.map(([type, box]) => [type, box.checked])) }),
      ...(JSON.stringify(quiet) !== JSON.stringify(loaded.quiet_hours) && { quiet_hours: quiet }),
    };
  }

  async #store(): Promise<void> {
    if (this.#loaded === null) return;
    this.#save.disabled = true;
    try {
      this.#loaded = await this.rest.setPreferences(this.#changes(this.#loaded));
      setText(this.#status, this.labels.saved);
    } catch (error) {
      setText(this.#status, this.labels.refused(messageOf(error)));
    } finally {
      this.#save.disabled = false;
    }
  }
}

function group(legend: string, hint: string, ...rows: HTMLElement[]): HTMLFieldSetElement {
  return create("fieldset", {}, create("legend", {}, legend), create("p", { class: "hint" }, hint), ...rows);
}

import type { Json, JsonObject } from "./operations";
import { make } from "./dom";
import { moment, say } from "./say";

/** The parts of JSON Schema that a form can be drawn from. What else there is, the API checks. */
interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly Json[];
  readonly oneOf?: readonly Schema[];
  readonly const?: Json;
  readonly items?: Schema;
  readonly title?: string;
  readonly description?: string;
  readonly format?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly readOnly?: boolean;
  readonly "x-set-by"?: string;
}

/** A field that was drawn. */
interface Field {
  readonly path: readonly string[];
  readonly required: boolean;
  /** Undefined: nothing is filled in. */
  readonly value: () => Json | undefined;
  readonly before: Json | undefined;
}

/** A form's part for the profile. */
export interface ProfileFields {
  /** Returns what is filled in, for a sign-up. */
  readonly filled: () => JsonObject;
  /** Returns what differs from before, as a merge patch (RFC 7396); undefined: nothing. */
  readonly changed: () => JsonObject | undefined;
}

const longText = 200; // characters; a longer text gets more than a line

/**
 * Draws the fields that a schema declares into a place of a form. With before undefined it is a sign-up,
 * where fields that only an operator sets are left out; otherwise they are shown and cannot be changed,
 * and so are those that can be set at sign-up only. For an operator, every field can be changed.
 */
export function drawProfile(place: HTMLElement, document: JsonObject, before?: JsonObject, byOperator = false): ProfileFields {
  const root = document as Schema;
  const fields: Field[] = [];
  const expand = (schema: Schema, depth = 0): Schema => {
    const target = schema.$ref?.startsWith("#/") && depth < 16 ? lookUp(document, schema.$ref) : undefined;
    const { $ref: _ref, allOf = [], ...own } = schema;
    const parts = [...(target ? [target] : []), ...allOf].map((part) => expand(part, depth + 1));
    return parts.reduceRight<Schema>((sum, part) => ({
      ...part, ...sum,
      properties: { ...part.properties, ...sum.properties },
      required: [...(part.required ?? []), ...(sum.required ?? [])],
    }), own);
  };

  const draw = (into: HTMLElement, schema: Schema, path: readonly string[], value: Json | undefined): void => {
    if (path.length > 8) {
      return; // a schema that contains itself
    }
    for (const [name, raw] of Object.entries(schema.properties ?? {})) {
      const part = expand(raw);
      const at = [...path, name];
      const now = isObject(value) ? value[name] : undefined;
      const label = part.title ?? words(name);
      const required = schema.required?.includes(name) ?? false;

      if (!byOperator && (part["x-set-by"] === "operator" || (part.readOnly && before))) {
        if (before && now !== undefined) {
          into.append(shown(label, part, now));
        }
      } else if (part.properties) {
        const group = make("fieldset");
        group.append(make("legend", "", label));
        draw(group, part, at, now);
        if (group.children.length > 1) {
          into.append(group);
        }
      } else {
        const drawn = control(part, now, required);
        if (drawn) {
          into.append(framed(drawn.element, drawn.hint ?? "", label, part, at, required));
          fields.push({ path: at, required, value: drawn.value, before: now });
        }
      }
    }
  };
  place.replaceChildren();
  draw(place, expand(root), [], before);

  const collect = (chosen: (field: Field) => Json | undefined): JsonObject => {
    const result: Record<string, Json> = {};
    for (const field of fields) {
      const value = chosen(field);
      if (value !== undefined) {
        put(result, field.path, value);
      }
    }
    return result;
  };
  return {
    filled: () => collect((field) => {
      const value = field.value();
      return value === false && !field.required ? undefined : value;
    }),
    changed: () => {
      const patch = collect((field) => {
        const value = field.value();
        const same = JSON.stringify(value) === JSON.stringify(field.before) || (value === false && field.before === undefined);
        return same ? undefined : (value ?? null);
      });
      return Object.keys(patch).length > 0 ? patch : undefined;
    },
  };
}

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** Draws the control of a field, or nothing for what no control can hold. */
function control(schema: Schema, now: Json | undefined, required: boolean): { element: Control; hint?: string; value: () => Json | undefined } | undefined {
  const choices = schema.enum?.map((value) => ({ value, title: typeof value === "string" ? value : JSON.stringify(value) })) ??
    (schema.oneOf?.every((one) => one.const !== undefined) ? schema.oneOf.map((one) => ({ value: one.const ?? null, title: one.title ?? String(one.const) })) : undefined);
  const types = typeof schema.type === "string" ? [schema.type] : schema.type ?? [];

  if (choices) {
    const select = make("select");
    select.append(new Option(required ? say("profile.choose") : "–", ""));
    choices.forEach((choice, i) => select.append(new Option(choice.title, String(i), false, JSON.stringify(choice.value) === JSON.stringify(now))));
    select.required = required;
    return { element: select, value: () => (select.value === "" ? undefined : choices[Number(select.value)]?.value) };
  }
  if (types.includes("boolean")) {
    const box = make("input");
    box.type = "checkbox";
    box.checked = now === true;
    return { element: box, value: () => box.checked };
  }
  if (types.includes("number") || types.includes("integer")) {
    const input = make("input");
    input.type = "number";
    input.step = types.includes("number") ? "any" : "1";
    input.min = String(schema.minimum ?? "");
    input.max = String(schema.maximum ?? "");
    input.value = typeof now === "number" ? String(now) : "";
    input.required = required;
    return { element: input, value: () => (input.value === "" ? undefined : Number(input.value)) };
  }
  if (types.includes("string")) {
    const long = (schema.maxLength ?? 0) > longText;
    const input = long ? make("textarea") : make("input");
    if (input instanceof HTMLInputElement) {
      input.type = { date: "date", email: "email", uri: "url", time: "text" }[schema.format ?? ""] ?? "text";
    }
    if (schema.maxLength !== undefined) {
      input.maxLength = schema.maxLength;
    }
    input.value = typeof now === "string" ? now : "";
    input.required = required;
    return { element: input, value: () => (input.value === "" ? undefined : input.value) };
  }
  if (types.includes("array") && schema.items?.type === "string") {
    const area = make("textarea");
    area.value = Array.isArray(now) ? now.join("\n") : "";
    area.required = required;
    return {
      element: area,
      hint: say("profile.one_per_line"),
      value: () => {
        const lines = area.value.split("\n").map((line) => line.trim()).filter((line) => line !== "");
        return lines.length > 0 ? lines : undefined;
      },
    };
  }
  return undefined;
}

/** Puts a control among its label, its hint and the place for its error. */
function framed(element: Control, more: string, label: string, schema: Schema, path: readonly string[], required: boolean): HTMLElement {
  const isBox = element instanceof HTMLInputElement && element.type === "checkbox";
  const field = make("div", isBox ? "field check" : "field");
  element.name = ["profile", ...path].join(".");
  element.id = `profile-${path.join("-")}`;

  const caption = make("label", "", label);
  caption.htmlFor = element.id;
  if (!required && !isBox) {
    caption.append(" ", make("span", "optional", say("page.optional")));
  }
  const error = make("p", "error");
  error.id = `${element.id}-error`;
  error.hidden = true;

  const described = [error.id];
  field.append(...(isBox ? [element, caption] : [caption]));
  const text = [schema.description ?? "", more].filter(Boolean).join(" ");
  if (text) {
    const hint = make("p", "hint", text);
    hint.id = `${element.id}-hint`;
    described.push(hint.id);
    field.append(hint);
  }
  if (!isBox) {
    field.append(element);
  }
  field.append(error);
  element.setAttribute("aria-describedby", described.join(" "));
  return field;
}

/** Shows a value that cannot be changed. */
function shown(label: string, schema: Schema, value: Json): HTMLElement {
  const list = make("dl", "fixed");
  const term = make("dt", "", label);
  if (schema["x-set-by"] === "operator") {
    term.append(" ", make("span", "badge", say("profile.operator")));
  }
  list.append(term, make("dd", "", inWords(schema, value)));
  return list;
}

function inWords(schema: Schema, value: Json): string {
  const choice = schema.oneOf?.find((one) => one.const === value);
  if (choice?.title) {
    return choice.title;
  }
  if (typeof value === "boolean") {
    return value ? say("profile.yes") : say("profile.no");
  }
  if (typeof value === "string") {
    return schema.format === "date-time" ? moment(value) : value;
  }
  return Array.isArray(value) ? value.map((item) => (typeof item === "string" ? item : JSON.stringify(item))).join(", ") : JSON.stringify(value);
}

/** Makes a label of a name: "postal code" of postal_code and postalCode. */
function words(name: string): string {
  const text = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/[_-]+/g, " ").trim().toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const isObject = (value: Json | undefined): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

function lookUp(document: JsonObject, reference: string): Schema | undefined {
  let value: Json | undefined = document;
  for (const name of reference.slice(2).split("/")) {
    value = isObject(value) ? value[decodeURIComponent(name).replace(/~1/g, "/").replace(/~0/g, "~")] : undefined;
  }
  return isObject(value) ? (value as Schema) : undefined;
}

function put(result: Record<string, Json>, path: readonly string[], value: Json): void {
  let object = result;
  path.forEach((name, i) => {
    if (i === path.length - 1) {
      Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
    } else {
      if (!Object.prototype.hasOwnProperty.call(object, name)) {
        Object.defineProperty(object, name, { value: {}, enumerable: true, configurable: true, writable: true });
      }
      object = object[name] as Record<string, Json>;
    }
  });
}

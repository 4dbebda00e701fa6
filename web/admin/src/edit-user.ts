import { send } from "../../account/src/api";
import type { JsonObject } from "../../account/src/operations";
import { drawProfile } from "../../account/src/profile";
import { say } from "../../account/src/say";
import { field, type Question } from "./dialog";
import { el } from "./el";
import { setUserProfile, type WholeUser } from "./operations";

/** Asks for the name and the profile of a user, with the fields that only operators set. */
export function editQuestion(user: WholeUser, schema: JsonObject, done: () => void): Question {
  const name = el("input", { type: "text", maxlength: 100, autocomplete: "off" });
  name.value = user.name ?? "";
  const place = el("div");
  const profile = drawProfile(place, schema, user.profile, true);
  return {
    title: say("admin.act.edit"),
    text: [say("admin.act.edit.text")],
    fields: [field(name, "name", say("field.name"), { optional: true }), place],
    button: say("account.save"),
    act: async (value) => {
      const changed = profile.changed();
      return (await send(setUserProfile, { input: { id: user.id, name: value("name").trim() || null, ...(changed ? { profile: changed } : {}) } })).result.errors;
    },
    done,
  };
}

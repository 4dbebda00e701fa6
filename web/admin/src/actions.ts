import { send } from "../../account/src/api";
import type { Values } from "../../account/src/form";
import type { Operation, Payload, Problem } from "../../account/src/operations";
import { say, type Key } from "../../account/src/say";
import { ask, field, reason, type Question } from "./dialog";
import { editQuestion } from "./edit-user";
import { bdi, el } from "./el";
import { hasFactor, nameOf, roleName, roles } from "./names";
import {
  confirmUserEmail, deleteUser, disableUser, enableUser, endUserSessions, removeUserSecondFactors, sendUserPasswordReset, setUserRole, type Role, type WholeUser,
} from "./operations";
import type { Viewer } from "./viewer";

/** Something that can be done to a user. */
export interface Action {
  readonly label: string;
  readonly danger: boolean;
  readonly ask: () => void;
}

type Done = (said: string, gone: boolean) => void;

/**
 * Returns what the viewer may do to a user as they are now, each behind a question that says what will happen. It leaves out
 * what the API would refuse: who may do what is decided there.
 */
export function actionsFor(user: WholeUser, viewer: Viewer, done: Done): Action[] {
  const self = user.id === viewer.id;
  const admin = viewer.role === "ADMIN";
  const may = admin || user.role === "USER";
  const { id } = user;
  const actions: Action[] = [];

  const add = (name: Name, act: Question["act"], withReason = false): void => {
    const label = say(`admin.act.${name}`);
    actions.push({
      label, danger: withReason,
      ask: () => ask({
        title: label,
        text: [el("p", { class: "subject" }, nameOf(user), " ", user.name?.trim() ? bdi(user.email, "second") : null), say(`admin.act.${name}.text` as Key)],
        ...(withReason ? { fields: [reason()] } : {}),
        button: label, danger: withReason, act, done: () => done(say(`admin.act.${name}.done` as Key), name === "delete"),
      }),
    });
  };
  const withReason = (name: Name, operation: Operation<{ input: { id: string; reason: string } }, { result: Payload }>): void => add(name, (value) => run(operation, { id, reason: value("reason").trim() }), true);
  const plainly = <P extends Payload>(name: Name, operation: Operation<{ input: { id: string } }, { result: P }>): void => add(name, () => run(operation, { id }));

  if (admin) {
    actions.push({ label: say("admin.act.edit"), danger: false, ask: () => ask(editQuestion(user, viewer.profileSchema, () => done(say("account.saved"), false))) });
  }
  if (may && !user.disabled) {
    plainly("reset", sendUserPasswordReset);
  }
  if (admin && !user.emailVerified && !hasFactor(user)) {
    plainly("confirm", confirmUserEmail);
  }
  if (may && user.sessions.length > 0) {
    plainly("sessions", endUserSessions);
  }
  if (admin && !self) {
    actions.push({ label: say("admin.act.role"), danger: false, ask: () => ask(roleQuestion(user, done)) });
    if (hasFactor(user)) {
      withReason("factors", removeUserSecondFactors);
    }
  }
  if (may && user.disabled) {
    plainly("enable", enableUser);
  }
  if (may && !self && !user.disabled) {
    withReason("disable", disableUser);
  }
  if (admin && !self) {
    withReason("delete", deleteUser);
  }
  return actions;
}

type Name = "reset" | "confirm" | "sessions" | "factors" | "enable" | "disable" | "delete";

async function run<I, P extends Payload>(operation: Operation<{ input: I }, { result: P }>, input: I): Promise<readonly Problem[]> {
  return (await send(operation, { input })).result.errors;
}

function roleQuestion(user: WholeUser, done: Done): Question {
  const select = el("select");
  select.append(...roles.map((role) => new Option(roleName(role), role, false, role === user.role)));
  return {
    title: say("admin.act.role"),
    text: [el("p", { class: "subject" }, nameOf(user)), say("admin.act.role.text")],
    fields: [field(select, "role", say("admin.fact.role")), reason()],
    button: say("admin.act.role"),
    act: (value: Values) => run(setUserRole, { id: user.id, role: value("role") as Role, reason: value("reason").trim() }),
    done: () => done(say("admin.act.role.done", { role: roleName(select.value as Role) }), false),
  };
}

/** Somebody in a group, and what one may do about their place in it. */
import type { Member, Role } from "@parley/sdk";
import { useSignal } from "@preact/signals";

import { presenceWords } from "../format";
import { startDirect } from "../state/chat";
import { nameOf, usernameOf } from "../state/client";
import { presenceOf } from "../state/company";
import { mayRemove, removeMember, setRole } from "../state/groups";
import { goTo } from "../state/location";
import { whoIsMe } from "../state/session";
import type { Summary } from "../state/summaries";
import { today } from "../state/today";
import { Avatar } from "./avatar";
import { MoreIcon } from "./icons";
import { t } from "../state/language";

const ROLE_WORDS = { owner: "member.owner", admin: "member.admin", member: null } as const;

export interface MemberRowProps {
  room: Summary;
  member: Member;
  act: (action: () => Promise<void>) => Promise<boolean>;
}

export function MemberRow({ room, member, act }: MemberRowProps) {
  const { user, role } = member;
  const isMe = user === whoIsMe();
  const isOpen = useSignal(false);
  const presence = isMe ? null : presenceOf(user);
  const name = nameOf(user) ?? "…";
  const words = presence === null ? "" : presenceWords(presence, today.value);
  const roleWords = ROLE_WORDS[role];
  return (
    <li class="member" data-testid="member">
      <div class="person">
        <Avatar id={user} name={name} size="s" status={presence?.status} />
        <span class="person-text">
          <span class="ellipsis">
            <bdi>{name}</bdi>
            {isMe && <span class="muted"> {t("room.you")}</span>}
          </span>
          <span class="person-time ellipsis">
            <bdi>@{usernameOf(user) ?? "…"}</bdi>
            {words && ` · ${words}`}
          </span>
        </span>
        {roleWords && <span class="role">{t(roleWords)}</span>}
        {!isMe && (
          <button
            type="button"
            class="icon-button small"
            aria-label={t("member.actions", { name })}
            aria-expanded={isOpen.value}
            data-testid="member-actions"
            onClick={() => (isOpen.value = !isOpen.value)}
          >
            <MoreIcon />
          </button>
        )}
      </div>
      {isOpen.value && (
        <Actions
          room={room}
          member={member}
          act={async (action) => {
            isOpen.value = false;
            return act(action);
          }}
        />
      )}
    </li>
  );
}

function Actions({ room, member, act }: MemberRowProps) {
  const { user, role } = member;
  const isOwner = room.role === "owner";
  const isAsking = useSignal(false);
  const become = (next: Role) => () => void act(() => setRole(room.id, user, next));
  if (isAsking.value)
    return (
      <div
        class="asking"
        role="alertdialog"
        aria-label={t("member.make_owner")}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          isAsking.value = false;
        }}
      >
        <p>{t("member.owner_question", { name: nameOf(user) ?? "…" })}</p>
        <div class="dialog-foot">
          <button
            type="button"
            class="button plain"
            ref={focusOnce}
            onClick={() => (isAsking.value = false)}
          >
            {t("app.cancel")}
          </button>
          <button type="button" class="button danger" onClick={become("owner")}>
            {t("member.make_owner")}
          </button>
        </div>
      </div>
    );
  return (
    <div class="member-actions">
      <Action words={t("member.message")} onClick={() => void act(() => talkTo(user))} />
      {isOwner && role === "member" && (
        <Action words={t("member.make_admin")} onClick={become("admin")} />
      )}
      {isOwner && role === "admin" && (
        <Action words={t("member.make_member")} onClick={become("member")} />
      )}
      {isOwner && <Action words={t("member.make_owner")} onClick={() => (isAsking.value = true)} />}
      {mayRemove(room.role, role) && (
        <Action
          words={t("member.remove")}
          isGrave
          onClick={() => void act(() => removeMember(room.id, user))}
        />
      )}
    </div>
  );
}

interface ActionProps {
  words: string;
  isGrave?: boolean;
  onClick: () => void;
}

function Action({ words, isGrave = false, onClick }: ActionProps) {
  return (
    <button type="button" class={isGrave ? "link is-grave" : "link"} onClick={onClick}>
      {words}
    </button>
  );
}

/** What somebody has just asked for is where they go on. */
const focusOnce = (element: HTMLElement | null): void => element?.focus();

async function talkTo(user: string): Promise<void> {
  goTo(await startDirect(user));
}

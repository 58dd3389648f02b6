/** What there is to know of a conversation; of a group also who is in it, and what one may change. */
import type { Member, User } from "@parley/sdk";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { membersWords, presenceWords } from "../format";
import { nameOf, usernameOf } from "../state/client";
import { presenceIn } from "../state/company";
import {
  addMembers,
  inOrder,
  mayEdit,
  membersOf,
  openHistory,
  removeMember,
  renameGroup,
} from "../state/groups";
import { goTo } from "../state/location";
import { problemsOf, wordsOf } from "../state/server";
import { whoIsMe } from "../state/session";
import type { Summary } from "../state/summaries";
import { today } from "../state/today";
import { Avatar } from "./avatar";
import { EditIcon, LeaveIcon } from "./icons";
import { Jump } from "./jump";
import { MemberRow } from "./member-row";
import { Waiting } from "./message-info";
import { PeoplePicker } from "./people-picker";
import { t } from "../state/language";

export function RoomInfo({ room }: { room: Summary }) {
  const presence = presenceIn(room);
  const isGroup = room.kind === "group";
  const words = presence === null ? "" : presenceWords(presence, today.value);
  return (
    <>
      <div class="about-head">
        <Avatar
          id={room.peer ?? room.id}
          name={room.name}
          size="l"
          status={presence?.status}
          isGroup={isGroup}
        />
        {isGroup ? (
          <GroupName room={room} />
        ) : (
          <h3 class="about-name">
            <bdi>{room.name}</bdi>
          </h3>
        )}
        {room.peer !== null && (
          <p class="muted">
            <bdi>@{usernameOf(room.peer) ?? "…"}</bdi>
          </p>
        )}
        <p class="muted">{isGroup ? membersWords(room.memberCount) : words}</p>
      </div>
      <Jump />
      {isGroup && <Group room={room} />}
    </>
  );
}

/** What somebody has just asked for is where they go on. */
const focusOnce = (element: HTMLElement | null): void => element?.focus();

function GroupName({ room }: { room: Summary }) {
  const isEditing = useSignal(false);
  const problems = useSignal<readonly string[]>([]);
  const save = async (form: HTMLFormElement): Promise<void> => {
    const written = new FormData(form).get("group-name");
    try {
      await renameGroup(room.id, typeof written === "string" ? written.trim() : "");
      problems.value = [];
      isEditing.value = false;
    } catch (problem) {
      const beside = problemsOf(problem, "name");
      problems.value = beside.length > 0 ? beside : [wordsOf(problem)];
    }
  };
  if (!isEditing.value)
    return (
      <h3 class="about-name">
        <bdi>{room.name}</bdi>
        {mayEdit(room.role) && (
          <button
            type="button"
            class="icon-button small"
            aria-label={t("room.rename")}
            onClick={() => (isEditing.value = true)}
          >
            <EditIcon />
          </button>
        )}
      </h3>
    );
  return (
    <form
      class="rename"
      onSubmit={(event) => {
        event.preventDefault();
        void save(event.currentTarget);
      }}
    >
      <input
        name="group-name"
        ref={focusOnce}
        aria-label={t("room.name")}
        aria-invalid={problems.value.length > 0}
        defaultValue={room.name}
        maxLength={80}
        autocomplete="off"
      />
      <button type="submit" class="button primary">
        {t("app.save")}
      </button>
      <button
        type="button"
        class="button plain"
        onClick={() => {
          isEditing.value = false;
          problems.value = [];
        }}
      >
        {t("app.cancel")}
      </button>
      {problems.value.map((problem) => (
        <p key={problem} class="field-error" role="alert">
          {problem}
        </p>
      ))}
    </form>
  );
}

function Group({ room }: { room: Summary }) {
  const members = useSignal<readonly Member[] | null>(null);
  const error = useSignal("");
  const again = useSignal(0);
  useEffect(() => {
    let isCurrent = true;
    membersOf(room.id).then(
      (all) => {
        if (isCurrent) members.value = all;
      },
      (problem: unknown) => {
        if (isCurrent) error.value = wordsOf(problem);
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [room.id, room.version, again.value]);

  const look = (): void => {
    error.value = "";
    again.value += 1;
  };
  const act = async (action: () => Promise<void>): Promise<boolean> => {
    error.value = "";
    try {
      await action();
    } catch (problem) {
      error.value = wordsOf(problem);
      return false;
    }
    look();
    return true;
  };
  const all = members.value;
  return (
    <>
      {error.value && (
        <p class="note is-error" role="alert">
          {error.value}{" "}
          {all === null && (
            <button type="button" class="link" onClick={look}>
              {t("app.try_again")}
            </button>
          )}
        </p>
      )}
      {mayEdit(room.role) && (
        <label class="setting">
          <span>
            <span id="open-history-words">{t("room.open_history")}</span>
            <span class="field-hint" id="open-history-hint">
              {t("room.open_history_hint")}
            </span>
          </span>
          <input
            type="checkbox"
            role="switch"
            class="switch"
            aria-labelledby="open-history-words"
            aria-describedby="open-history-hint"
            data-testid="open-history"
            checked={room.hasOpenHistory}
            onChange={(event) => {
              const box = event.currentTarget;
              void act(() => openHistory(room.id, box.checked)).finally(() => {
                box.checked = room.hasOpenHistory;
              });
            }}
          />
        </label>
      )}
      <h3 class="section">{t("group.members")}</h3>
      {all === null && !error.value && <Waiting />}
      {all !== null && (
        <ul class="members" data-testid="members">
          {inOrder(all, whoIsMe(), nameOf).map((member) => (
            <MemberRow key={member.user} room={room} member={member} act={act} />
          ))}
        </ul>
      )}
      {mayEdit(room.role) && <AddPeople room={room} members={all ?? []} act={act} />}
      <Leave room={room} act={act} />
    </>
  );
}

interface ActProps {
  room: Summary;
  /** Do something, and look at the members again; or say what went wrong, and return false. */
  act: (action: () => Promise<void>) => Promise<boolean>;
}

function AddPeople({ room, members, act }: ActProps & { members: readonly Member[] }) {
  const isOpen = useSignal(false);
  const chosen = useSignal<readonly User[]>([]);
  if (!isOpen.value)
    return (
      <button
        type="button"
        class="button quiet wide"
        data-testid="add-people"
        onClick={() => (isOpen.value = true)}
      >
        {t("room.add_people")}
      </button>
    );
  const add = async (): Promise<void> => {
    const users = chosen.value.map(({ id }) => id);
    if (!(await act(() => addMembers(room.id, users)))) return;
    chosen.value = [];
    isOpen.value = false;
  };
  return (
    <section class="adding" aria-label={t("room.add_people")}>
      <PeoplePicker chosen={chosen} besides={new Set(members.map(({ user }) => user))} />
      <div class="dialog-foot">
        <button type="button" class="button plain" onClick={() => (isOpen.value = false)}>
          {t("app.cancel")}
        </button>
        <button
          type="button"
          class="button primary"
          disabled={chosen.value.length === 0}
          onClick={() => void add()}
        >
          {t("room.add")}
        </button>
      </div>
    </section>
  );
}

function Leave({ room, act }: ActProps) {
  const isAsking = useSignal(false);
  const wasAsked = useRef(false);
  const stay = (): void => {
    wasAsked.current = true;
    isAsking.value = false;
  };
  if (!isAsking.value)
    return (
      <button
        type="button"
        class="button danger wide"
        data-testid="leave"
        ref={wasAsked.current ? focusOnce : null}
        onClick={() => (isAsking.value = true)}
      >
        <LeaveIcon /> {t("room.leave")}
      </button>
    );
  const leave = async (): Promise<void> => {
    await removeMember(room.id, whoIsMe());
    goTo(null);
  };
  return (
    <div
      class="asking"
      role="alertdialog"
      aria-label={t("room.leave_title")}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        stay();
      }}
    >
      <p>{t("room.leave_question", { name: room.name })}</p>
      <div class="dialog-foot">
        <button type="button" class="button plain" ref={focusOnce} onClick={stay}>
          {t("room.stay")}
        </button>
        <button type="button" class="button danger" onClick={() => void act(leave)}>
          {t("room.leave_now")}
        </button>
      </div>
    </div>
  );
}

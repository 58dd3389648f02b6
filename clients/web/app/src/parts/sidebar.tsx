/** The left pane: oneself, one search field for rooms and people, and the rooms. */
import { ApiError } from "@parley/sdk";
import type { User } from "@parley/sdk";
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import { isLoaded, rooms } from "../state/chat";
import { roomsNamed } from "../state/search";
import { signOut } from "../state/session";
import { forgetSubscription, renew } from "../state/subscription";
import { ChatIcon, CloseIcon, GroupIcon, Logo, SearchIcon, SignOutIcon } from "./icons";
import { useLater } from "./later";
import { People } from "./people";
import { RoomList } from "./room-list";
import { Settings } from "./settings";
import { t } from "../state/language";

export function Sidebar({ me }: { me: User }) {
  const search = useSignal("");
  const isOpening = useSignal(false);
  const view = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const dialog = useLater(async () => (await import("./new-group")).NewGroup);
  const NewGroup = dialog.part.value;
  const open = async (): Promise<void> => {
    isOpening.value = await dialog.want();
  };
  const sought = search.value.trim();
  const shown = roomsNamed(sought, rooms.value);
  return (
    <aside class="sidebar" aria-label={t("list.label")}>
      <header class="sidebar-head">
        <p class="brand">
          <Logo /> Parley
        </p>
        <Me me={me} />
      </header>
      <div class="finding">
        <div class="search" role="search">
          <SearchIcon />
          <input
            ref={field}
            type="search"
            aria-label={t("list.find")}
            placeholder={t("list.find_hint")}
            data-testid="search"
            autocomplete="off"
            maxLength={80}
            value={search.value}
            onInput={(event) => (search.value = event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== "Escape" || search.value === "") return;
              event.preventDefault();
              search.value = "";
            }}
          />
          {sought && (
            <button
              type="button"
              class="icon-button small"
              aria-label={t("list.clear")}
              onClick={() => {
                search.value = "";
                field.current?.focus();
              }}
            >
              <CloseIcon />
            </button>
          )}
        </div>
        <button
          type="button"
          class="icon-button"
          aria-label={t("group.new")}
          title={t("group.new")}
          data-testid="open-new-group"
          aria-busy={dialog.isLoading.value}
          onClick={() => void open()}
        >
          <GroupIcon />
        </button>
      </div>
      {dialog.error.value && (
        <p class="note is-error" role="alert">
          {dialog.error.value}
        </p>
      )}
      {isOpening.value && NewGroup !== null && (
        <NewGroup
          onClose={() => {
            isOpening.value = false;
          }}
        />
      )}
      <div class="sidebar-scroll" ref={view}>
        <nav aria-label={t("list.conversations")}>
          {sought && shown.length > 0 && <h2 class="section">{t("list.conversations")}</h2>}
          {shown.length > 0 && <RoomList rooms={shown} view={view} />}
          {!sought && !isLoaded.value && <Skeleton />}
          {!sought && isLoaded.value && shown.length === 0 && (
            <div class="empty" data-testid="no-rooms">
              <ChatIcon />
              <p>
                <strong>{t("list.none")}</strong>
                <br />
                {t("list.none_hint")}
              </p>
            </div>
          )}
        </nav>
        {sought && (
          <People
            search={sought}
            shown={shown}
            me={me}
            onStarted={() => {
              search.value = "";
            }}
          />
        )}
      </div>
    </aside>
  );
}

function Me({ me }: { me: User }) {
  const error = useSignal("");
  const leave = async (): Promise<void> => {
    try {
      await forgetSubscription();
      await signOut();
    } catch (problem) {
      void renew();
      if (!(problem instanceof ApiError)) throw problem;
      error.value = t("auth.not_signed_out");
    }
  };
  return (
    <div class="me">
      <span class="me-name" dir="auto" title={`@${me.username}`} data-testid="me">
        {me.display_name || me.username}
      </span>
      <Settings me={me} />
      <button
        type="button"
        class="icon-button"
        aria-label={t("auth.sign_out")}
        onClick={() => void leave()}
      >
        <SignOutIcon />
      </button>
      {error.value && (
        <p class="me-error field-error" role="alert">
          {error.value}
        </p>
      )}
    </div>
  );
}

function Skeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      {[0, 1, 2, 3].map((row) => (
        <div key={row}>
          <i />
          <b />
        </div>
      ))}
    </div>
  );
}

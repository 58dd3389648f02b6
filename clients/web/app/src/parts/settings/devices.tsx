/** Where one is signed in, and signing out there. */
import type { SignIn } from "@parley/sdk/account";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { momentOf } from "../../format";
import { signIns, signOutThere } from "../../state/account";
import { t } from "../../state/language";
import { today } from "../../state/today";
import { Waiting } from "../message-info";
import { useAsking } from "./asking";
import { Section } from "./section";

export function Devices() {
  const list = useRef<HTMLUListElement>(null);
  const known = useSignal<readonly SignIn[] | null>(null);
  const { isBusy, error, ask } = useAsking();
  const look = async (): Promise<void> => {
    known.value = (await ask(signIns, "settings.not_loaded")) ?? known.value;
  };
  useEffect(() => void look(), []);
  const signOut = async (sids: readonly string[]): Promise<void> => {
    const everywhere = async (): Promise<boolean> => {
      for (const sid of sids) await signOutThere(sid);
      return true;
    };
    list.current?.focus();
    const isDone = await ask(everywhere, "settings.not_saved");
    const words = error.value;
    await look();
    if (isDone === null) error.value = words;
  };
  const others = (known.value ?? []).filter(({ current }) => !current);
  return (
    <Section title={t("settings.devices")}>
      {known.value === null && !error.value && <Waiting />}
      <ul class="devices" ref={list} tabIndex={-1} aria-label={t("settings.devices")}>
        {known.value?.map((one) => (
          <Device key={one.sid} signIn={one} isBusy={isBusy.value} signOut={signOut} />
        ))}
      </ul>
      {others.length > 1 && (
        <button
          type="button"
          class="button danger wide"
          disabled={isBusy.value}
          onClick={() => void signOut(others.map(({ sid }) => sid))}
        >
          {t("settings.devices_sign_out")}
        </button>
      )}
      {error.value && (
        <p class="field-error" role="alert">
          {error.value}
        </p>
      )}
    </Section>
  );
}

interface DeviceProps {
  signIn: SignIn;
  isBusy: boolean;
  signOut: (sids: readonly string[]) => Promise<void>;
}

function Device({ signIn, isBusy, signOut }: DeviceProps) {
  const { sid, agent, current, renewed_at } = signIn;
  const device = deviceOf(agent);
  return (
    <li class="device" data-testid="device">
      <p>
        <bdi class="device-name">{device}</bdi>
        <span class="field-hint">
          {current
            ? t("settings.device_this")
            : t("settings.device_used", { when: momentOf(Date.parse(renewed_at), today.value) })}
        </span>
      </p>
      {!current && (
        <button
          type="button"
          class="link is-grave"
          aria-label={t("settings.device_sign_out_of", { device })}
          disabled={isBusy}
          onClick={() => void signOut([sid])}
        >
          {t("settings.device_sign_out")}
        </button>
      )}
    </li>
  );
}

/** As the server puts it together: a browser and its system, or the name of a program. */
function deviceOf(agent: string): string {
  const [browser = "", system] = agent.split(" on ");
  if (system !== undefined) return t("settings.device_on", { browser, system });
  return agent || t("settings.device_unknown");
}

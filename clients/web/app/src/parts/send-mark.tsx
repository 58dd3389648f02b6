import { STATUSES } from "@parley/sdk";
import type { Status } from "@parley/sdk";

import { ClockIcon, DeliveredIcon, SentIcon, TrayIcon, WarningIcon } from "./icons";
import { translated } from "../state/language";

type Look = (typeof STATUSES)[Status];

const DRAWINGS: Readonly<Record<Look["icon"], () => preact.JSX.Element>> = {
  clock: ClockIcon,
  tray: TrayIcon,
  check: SentIcon,
  "double-check": DeliveredIcon,
  warning: WarningIcon,
};

/** How far a message of one's own has come, as the server's table of states shows it. */
export function SendMark({ status, inGroup }: { status: Status; inGroup: boolean }) {
  const { label, group_label, icon, colour } = STATUSES[status];
  const words = translated(inGroup ? group_label : label);
  const Drawing = DRAWINGS[icon];
  return (
    <span
      class="ticks"
      role="img"
      aria-label={words}
      title={words}
      data-testid="ticks"
      data-state={status}
      style={{ color: `light-dark(${colour.light}, ${colour.dark})` }}
    >
      <Drawing />
    </span>
  );
}

/** The drawings of the page. They are decoration: whoever uses one gives the words. */
import type { ComponentChildren } from "preact";

function Icon({ children, name }: { children: ComponentChildren; name: string }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect class="logo-ground" width="32" height="32" rx="9.5" />
      <path
        class="logo-front"
        d="M8 9.5A2.500 2.500 0 0 1 10.500 7h7A2.500 2.500 0 0 1 20 9.500v4a2.500 2.500 0 0 1-2.500 2.500H12l-4 3z"
      />
      <path
        class="logo-back"
        d="M22 12.500a2.500 2.500 0 0 1 2 2.450v9.550l-4-3h-5.500a2.500 2.500 0 0 1-2.450-2H18a4 4 0 0 0 4-4z"
      />
    </svg>
  );
}

export const SearchIcon = () => (
  <Icon name="search">
    <circle cx="11" cy="11" r="6.500" />
    <path d="m16 16 4.500 4.500" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon name="close">
    <path d="M6.500 6.500l11 11m0-11l-11 11" />
  </Icon>
);
export const BackIcon = () => (
  <Icon name="back">
    <path d="M14.500 5.500 8 12l6.500 6.500" />
  </Icon>
);
export const SendIcon = () => (
  <Icon name="send">
    <path d="M12 19V5.500m-6 6 6-6 6 6" />
  </Icon>
);
export const DownIcon = () => (
  <Icon name="down">
    <path d="M12 5v13.500m-6-6 6 6 6-6" />
  </Icon>
);
export const SignOutIcon = () => (
  <Icon name="sign-out">
    <path d="M10 4.500H6.500a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2H10M15 8l4 4-4 4m4-4H9.500" />
  </Icon>
);
export const EyeIcon = () => (
  <Icon name="eye">
    <path d="M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12z" />
    <circle cx="12" cy="12" r="2.750" />
  </Icon>
);
export const EyeOffIcon = () => (
  <Icon name="eye-off">
    <path d="M4 4l16 16M9.900 5.800A9 9 0 0 1 12 5.500c6 0 9.500 6.500 9.500 6.500a17 17 0 0 1-3 3.700M6.300 7.500A17 17 0 0 0 2.500 12S6 18.500 12 18.500a9 9 0 0 0 4-1" />
  </Icon>
);
export const ClockIcon = () => (
  <Icon name="clock">
    <circle cx="12" cy="12" r="8" />
    <path d="M12 7.500V12l3 2" />
  </Icon>
);
export const TrayIcon = () => (
  <Icon name="tray">
    <path d="M4 14.500v3a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-3M12 15V4.500m-4.500 4.500L12 4.500l4.500 4.500" />
  </Icon>
);
export const SentIcon = () => (
  <Icon name="sent">
    <path d="m5 12.500 4.500 4.500L19 7.500" />
  </Icon>
);
export const DeliveredIcon = () => (
  <Icon name="delivered">
    <path d="m1.500 12.500 4.500 4.500L15.500 7.500m-4 8.700.800.800L22 7.500" />
  </Icon>
);
export const WarningIcon = () => (
  <Icon name="warning">
    <circle cx="12" cy="12" r="8.500" />
    <path d="M12 7.500v5.500m0 3v.100" />
  </Icon>
);
export const ChatIcon = () => (
  <Icon name="chat">
    <path d="M4.500 7A2.500 2.500 0 0 1 7 4.500h10A2.500 2.500 0 0 1 19.500 7v7a2.500 2.500 0 0 1-2.500 2.500H10l-5.500 4z" />
  </Icon>
);
export const ReplyIcon = () => (
  <Icon name="reply">
    <path d="M9.500 7 4.500 12l5 5M5 12h8.500a6 6 0 0 1 6 6" />
  </Icon>
);
export const InfoIcon = () => (
  <Icon name="info">
    <circle cx="12" cy="12" r="8.500" />
    <path d="M12 11v5m0-8.100v.100" />
  </Icon>
);
export const EmojiIcon = () => (
  <Icon name="emoji">
    <circle cx="12" cy="12" r="8.500" />
    <path d="M8.500 14a4 4 0 0 0 7 0M9 9.500v.500m6-.500v.500" />
  </Icon>
);
export const GroupIcon = () => (
  <Icon name="group">
    <circle cx="9" cy="9" r="3.250" />
    <path d="M3 19a6 6 0 0 1 10.500-4M18.500 13v6m-3-3h6" />
  </Icon>
);
export const LeaveIcon = () => (
  <Icon name="leave">
    <path d="M13 4.500h4.500a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2H13M9.500 8l-4 4 4 4m-4-4H15" />
  </Icon>
);
export const MoreIcon = () => (
  <Icon name="more">
    <path d="M6 12h.010M12 12h.010M18 12h.010" />
  </Icon>
);
export const EditIcon = () => (
  <Icon name="edit">
    <path d="M14.500 6.500 17.500 9.500M5 19l1-4 9.750-9.750a2.120 2.120 0 0 1 3 3L9 18z" />
  </Icon>
);

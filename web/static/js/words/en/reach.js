// Words about whether sound and picture get through, in English. What is for people who look after a network names its terms.

/** @import { Reach } from "../../reach.js" */
/** @import { RelayPlace } from "../../views/blocked_help.js" */

/** @type {Record<Reach["outcome"] | "trying", string>} */
export const outcome = {
  trying: "Trying out whether sound and picture get through …",
  fine: "Sound and picture get through from here.",
  detour: "Sound and picture get through by a detour. Everything works, a little later than directly.",
  blocked: "This network does not let sound and picture through.",
  refused: "This network lets sound and picture through by a detour only, and the detour does not accept this page. Please tell the person who runs this server.",
  nowhere: "The browser finds no way to a network for sound and picture. Look whether this device is online, and whether an add-on of the browser or a VPN forbids it.",
  unknown: "",
};

export const room = { blocked: "Sound and picture do not get through from here. We keep trying." };

export const without = {
  before: "You can come in all the same: you read, write, raise your hand and have your turn. Only sound and picture are missing.",
  inside: "Everything else works: you read and write, raise your hand and have your turn.",
};

export const help = {
  again: "Try again",
  summary: "What you can do",
  network: "Use another network, for instance the hotspot of a phone.",
  vpn: "If a VPN is on, switch it off and try again.",
  send: "For the next time, send this text to the people who look after your school’s network.",
  copy: "Copy the text for your school’s IT",
};

/** @param {string} page @param {readonly string[]} direct @param {readonly string[]} detours */
export const forIt = (page, direct, detours) =>
  [
    `Microteach (${page}) is used for lessons with sound and picture (WebRTC). The pages get through from our network, sound and picture do not.`,
    "Please allow from our network, with the answers to it:",
    ...direct,
    ...(detours.length ? ["or, if that is not possible, the relay of the same installation:", ...detours] : []),
    "It is encrypted (DTLS-SRTP) and always begins here.",
  ].join("\n");

/** @param {string} address @param {number} port */
export const directLine = (address, port) => `- UDP to ${address}, port ${port}`;
/** @param {RelayPlace} relay */
export const relayLine = ({ host, port, protocol, secure }) => `- ${protocol.toUpperCase()}${secure ? " (TLS)" : ""} to ${host}, port ${port}`;

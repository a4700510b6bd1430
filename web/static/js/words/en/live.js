// Words about a lesson that is watched while it is being recorded, in English.

export const said = {
  off: "",
  opening: "This lesson is being recorded. The picture comes in a moment.",
  on: "This lesson is being recorded. You see it about a second later.",
  over: "The lesson is over. The whole recording opens here by itself in a moment.",
  lost: "This lesson is being recorded. The connection was lost; this page keeps trying.",
  impossible: "This lesson is being recorded. This browser cannot show it meanwhile; the recording opens here by itself when the lesson is over.",
};
export const button = { back: "Back to now" };

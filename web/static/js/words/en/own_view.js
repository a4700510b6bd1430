// Words of the teacher's own view of a recording.

export const view = {
  title: "Your own view first",
  lead: "Begin with what worked. Nobody else reads this unless you share it.",
  share: "Let those who may watch read this",
  takeBack: "Keep it to myself again",
  shared: "Whoever may watch this recording can read it.",
  onlyYou: "Only you can read this.",
  saving: "Saving …",
  kept: "Kept on this device until it can be saved.",
};

export const thing = {
  title: "The one thing I’m trying",
  none: "Nothing chosen yet.",
  choose: "Choose one thing to try",
  change: "Choose something else",
  field: "What will you try next time?",
  save: "This is it",
  cancel: "Leave it as it is",
};

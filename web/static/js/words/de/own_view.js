// Die Wörter der eigenen Sicht auf eine Aufnahme.

export const view = {
  title: "Zuerst Ihre eigene Sicht",
  lead: "Beginnen Sie mit dem, was gelungen ist. Niemand sonst liest das, solange Sie es nicht teilen.",
  share: "Alle lesen lassen, die ansehen dürfen",
  takeBack: "Wieder für mich behalten",
  shared: "Wer diese Aufnahme ansehen darf, kann das lesen.",
  onlyYou: "Nur Sie können das lesen.",
  saving: "Wird gespeichert …",
  kept: "Auf diesem Gerät aufgehoben, bis es gespeichert werden kann.",
};

export const thing = {
  title: "Das eine, was ich ausprobiere",
  none: "Noch nichts gewählt.",
  choose: "Eines zum Ausprobieren wählen",
  change: "Etwas anderes wählen",
  field: "Was probieren Sie beim nächsten Mal aus?",
  save: "Das ist es",
  cancel: "So lassen",
};

// Words of this area in English.

export const title = "";

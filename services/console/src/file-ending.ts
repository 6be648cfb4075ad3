/** The ending of the name of a field for a file; the text of the file counts as the value of the field without it. */
export const fileEnding = '_upload';

// Modules that the studio shares with pages lie in another folder: in node they are looked for there too.
const PAGE = new URL('../../../src/mixtura/pictures/page/', import.meta.url);

export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (!specifier.startsWith('./')) throw error;
    return next(new URL(specifier, PAGE).href, context);
  }
}

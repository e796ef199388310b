// The page of one file whose style and script lie in it compressed: they become the elements that they are otherwise.

const packedTexts = document.getElementById('packed');

async function unpackedTexts() {
  const bytes = Uint8Array.from(atob(packedTexts.textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return (await new Response(stream).text()).split('\0');
}

function appendedElement(place, tag, fields) {
  place.append(Object.assign(document.createElement(tag), fields));
}

// A browser that has saved the page as it stands has saved them unpacked.
if (packedTexts) {
  unpackedTexts().then(([style, script]) => {
    packedTexts.remove();
    appendedElement(document.head, 'style', {textContent: style});
    appendedElement(document.body, 'script', {type: 'module', id: 'script', textContent: script});
  }, () => appendedElement(document.body, 'p', {textContent: 'This page needs a browser of 2023 or later: open it in a newer one.'}));
}

// Puts a button beside everything that people copy. Without it, as where
// scripts are off or the page came over plain HTTP, all of it can be selected.
if (navigator.clipboard) {
  for (const source of document.querySelectorAll('.address, .copy')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'plain';
    button.textContent = 'Copy';
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    });
    source.after(button);
  }
}

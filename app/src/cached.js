// Makes the browser store the pages that are read here, for times without a network, and loads a new version while nobody is looking.
{
  const { worker } = document.currentScript.dataset;
  const container = navigator.serviceWorker;
  if (container && worker) {
    const home = new URL('.', new URL(worker, location)).href;
    const keep = () => container.controller?.postMessage([home, location.href]);
    // Messages to be sent are stored anyway; text in other fields would be lost.
    const isBusy = () =>
      document.querySelector('dialog[open]') ||
      [...document.querySelectorAll('input, textarea')].some((field) => field.id !== 'message' && field.value !== field.defaultValue);
    let registration;
    let isControlled = container.controller !== null;
    let isOld = false;
    const renew = () => isOld && document.hidden && !isBusy() && location.reload();
    container.addEventListener('controllerchange', () => {
      isOld = isControlled;
      isControlled = true;
      keep();
      renew();
    });
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) {
        keep();
        renew();
      } else {
        registration?.update().catch(() => {});
      }
    });
    window.navigation?.addEventListener('navigatesuccess', keep);
    addEventListener('load', () => container.register(worker).then((it) => (registration = it), () => {}));
  }
}

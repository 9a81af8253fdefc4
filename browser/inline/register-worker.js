// Makes the browser store the pages that are read here, for times without a network, and loads a new version while nobody is looking.
{
  const worker = document.currentScript?.dataset.worker;
  const container = navigator.serviceWorker;
  if (container && worker) {
    const home = new URL('.', new URL(worker, location.href)).href;
    const store = () => container.controller?.postMessage([home, location.href]);
    // Messages to be sent are stored anyway; text in other fields would be lost.
    const isBusy = () => {
      /** @type {NodeListOf<HTMLInputElement | HTMLTextAreaElement>} */
      const fields = document.querySelectorAll('input, textarea');
      return document.querySelector('dialog[open]') || [...fields].some((it) => it.id !== 'message' && it.value !== it.defaultValue);
    };
    /** @type {ServiceWorkerRegistration | undefined} */
    let registration;
    let isControlled = container.controller !== null;
    let isOld = false;
    const renew = () => isOld && document.hidden && !isBusy() && location.reload();
    container.addEventListener('controllerchange', () => {
      isOld = isControlled;
      isControlled = true;
      store();
      renew();
    });
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) {
        store();
        renew();
      } else {
        registration?.update().catch(() => {});
      }
    });
    window.navigation?.addEventListener('navigatesuccess', store);
    addEventListener('load', () => container.register(worker).then((it) => (registration = it), () => {}));
  }
}

// Renews our pages every 3 seconds without losing the place: Hangfire itself renews only its counters.
(function () {
    'use strict';
    var busy = false;

    function renew() {
        var page = document.getElementById('ddpm-page');
        // A menu that is open or text that is selected is being read: leave it.
        if (!page || page.dataset.ddpmLive !== 'yes' || busy || document.hidden || String(window.getSelection())) {
            return;
        }

        busy = true;
        fetch(window.location.href, { credentials: 'same-origin' })
            .then(function (response) { return response.ok ? response.text() : null; })
            .then(function (html) {
                var fresh = html && new DOMParser().parseFromString(html, 'text/html').getElementById('ddpm-page');
                if (!fresh) {
                    return;
                }

                // Keep open what the reader opened.
                var open = Array.prototype.map.call(page.querySelectorAll('details'), function (d) { return d.open; });
                fresh.querySelectorAll('details').forEach(function (d, i) { d.open = !!open[i]; });
                fresh.querySelectorAll('[data-moment]').forEach(function (span) {
                    span.textContent = window.moment ? window.moment.unix(span.dataset.moment).fromNow() : span.title;
                });
                page.replaceWith(fresh);
            })
            .catch(function () { })
            .finally(function () { busy = false; });
    }

    window.setInterval(renew, 3000);
})();

"""What operators watch, under fixed names, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

door_seconds = Histogram("portal_door_seconds", "Time a door took to answer.", ["service", "door"], buckets=BUCKETS)
door_refusals = Counter("portal_door_refusals_total", "Calls refused by name.", ["service", "door", "refusal"])
door_places = Gauge("portal_door_places", "Calls of a costly door that are served at once.", ["service", "door"])
door_places_taken = Gauge(
    "portal_door_places_taken", "Calls of a costly door that are being served.", ["service", "door"]
)
door_failures = Counter("portal_door_failures_total", "Calls that failed (not refused).", ["service", "door"])
reply_failures = Counter("portal_reply_failures_total", "Replies that could not be sent.", ["service"])
quarantined = Counter(
    "portal_quarantined_total", "Messages quarantined because they could not be read or answered.", ["service"]
)
events_refused = Counter(
    "portal_events_refused_total", "Events that were not signed by their source.", ["service", "handler", "reason"]
)
assertions_refused = Counter(
    "portal_assertions_refused_total", "Calls in a service's name that it did not make like this.", ["service", "door"]
)
forged_answers = Counter(
    "portal_forged_answers_total", "Answers that the service asked had not signed.", ["neighbour", "method"]
)
handler_seconds = Histogram(
    "portal_handler_seconds", "Time an event handler took.", ["service", "handler"], buckets=BUCKETS
)
handler_retries = Counter("portal_handler_retries_total", "Events put back for a later try.", ["service", "handler"])
dead_letters = Counter("portal_dead_letters_total", "Events given up after the last try.", ["service", "handler"])
relay_position = Gauge("portal_relay_position", "Position up to which events are published.", ["service", "relay"])
relay_lag = Gauge("portal_relay_lag_events", "Committed events not yet published.", ["service", "relay"])
relay_unrouted = Counter("portal_relay_unrouted_total", "Published events nobody listens to.", ["service", "type"])
duty_failures = Counter("portal_duty_failures_total", "Steps of a follower's duty that failed.", ["service", "duty"])
duty_work = Counter("portal_duty_work_total", "Pieces of work a follower's duty has done.", ["service", "duty"])
leading = Gauge("portal_leading", "Whether this process leads the followers of a service.", ["service"])
lease_losses = Counter("portal_lease_losses_total", "Leads lost without an orderly end.", ["database"])
source_renewals = Counter(
    "portal_source_renewals_total", "Times a source found its own database put back.", ["service", "stream"]
)
sources_went_back = Counter(
    "portal_sources_went_back_total", "Sources met under a new incarnation after another.", ["source"]
)
history_not_authentic = Gauge(
    "portal_history_not_authentic", "1 while the sealer meets an event that its service did not record."
)
hub_lag = Gauge("portal_hub_lag_seconds", "How late the event hub is in waking a sleeper.")
sign_ins = Counter("portal_sign_ins_total", "Sign-ins by how they ended.", ["outcome"])
sign_in_spraying = Counter("portal_sign_in_spraying_total", "Times one source failed at many user names.")
infected_files = Counter("portal_infected_files_total", "Uploads in which the virus scanner found something.")
calendar_undecided = Gauge(
    "portal_calendar_undecided_year", "The year whose official calendar should be known by now and is not; 0: none."
)
pool_in_use = Gauge("portal_pool_connections_in_use", "Database connections checked out.", ["service"])

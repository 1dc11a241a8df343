"""What operators watch of the front door, under fixed names, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from infra.chassis.metrics import BUCKETS

request_seconds = Histogram(
    "portal_http_seconds", "Time an HTTP request took to answer.", ["method", "route"], buckets=BUCKETS
)
requests = Counter("portal_http_requests_total", "HTTP requests answered.", ["method", "route", "status"])
limited = Counter("portal_http_limited_total", "Requests refused before they were read.", ["limit"])
open_calls = Gauge("portal_http_open_calls", "Calls of the platform that wait for a reply.")
open_streams = Gauge("portal_http_open_streams", "Streams of changes that are open.")
streams_cut = Counter("portal_http_streams_cut_total", "Streams ended because their client was too slow.")
late_replies = Counter("portal_http_late_replies_total", "Replies that came after their caller had gone.")
repeated_calls = Counter("portal_http_repeated_calls_total", "Calls sent once more after the link broke.")
link_up = Gauge("portal_http_link_up", "Whether the front door can reach the platform.")

//! One JSON object a line.

use std::fmt;
use std::io::Write;
use std::sync::Arc;

use portal_application::ports::Clock;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

const SERVICE: &str = "patient-portal-service";
const SCHEMA_VERSION: u8 = 1;
const OWN: [&str; 6] = [
    "timestamp",
    "level",
    "service",
    "region",
    "target",
    "log_schema_version",
];

/// Writes each event, with the fields of its spans, as one line of JSON: `timestamp`, `level`,
/// `service`, `region`, `target`, `log_schema_version`, `message`, then the fields. An inner field
/// hides an outer one of the same name.
pub struct JsonLines<W> {
    writer: W,
    region: String,
    clock: Arc<dyn Clock>,
}

impl<W> JsonLines<W> {
    /// Lines for a writer, which takes each line in one call.
    pub fn new(writer: W, region: &str, clock: Arc<dyn Clock>) -> Self {
        Self {
            writer,
            region: json(region),
            clock,
        }
    }

    fn head(&self, event: &Event<'_>) -> Fields {
        let metadata = event.metadata();
        let text = format!(
            "{{\"timestamp\":\"{:.3}\",\"level\":\"{}\",\"service\":\"{SERVICE}\",\"region\":{},\
             \"target\":\"{}\",\"log_schema_version\":{SCHEMA_VERSION}",
            self.clock.now(),
            metadata.level(),
            self.region,
            metadata.target(),
        );
        Fields {
            text,
            names: OWN.to_vec(),
        }
    }
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Write + Clone + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = SpanFields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<SpanFields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = self.head(event);
        event.record(&mut line);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<SpanFields>() {
                for (name, value) in &fields.0 {
                    line.push(name, value);
                }
            }
        }
        line.text.push_str("}\n");
        // The writer counts what it cannot take.
        let _ = self.writer.clone().write_all(line.text.as_bytes());
    }
}

fn json(text: &str) -> String {
    serde_json::to_string(text).expect("text serialises")
}

/// The line as far as it is written, and the names that it has.
struct Fields {
    text: String,
    names: Vec<&'static str>,
}

impl Fields {
    fn push(&mut self, name: &'static str, value: &str) {
        if self.names.contains(&name) {
            return;
        }
        self.names.push(name);
        self.text.push_str(",\"");
        self.text.push_str(name);
        self.text.push_str("\":");
        self.text.push_str(value);
    }
}

/// The fields of a span as JSON; the latest value of a name counts.
#[derive(Default)]
struct SpanFields(Vec<(&'static str, String)>);

trait Sink {
    fn put(&mut self, name: &'static str, value: String);
}

impl Sink for Fields {
    fn put(&mut self, name: &'static str, value: String) {
        self.push(name, &value);
    }
}

impl Sink for SpanFields {
    fn put(&mut self, name: &'static str, value: String) {
        self.0.retain(|(earlier, _)| *earlier != name);
        self.0.push((name, value));
    }
}

macro_rules! visit {
    ($sink:ty) => {
        impl Visit for $sink {
            fn record_f64(&mut self, field: &Field, value: f64) {
                let text = if value.is_finite() {
                    value.to_string()
                } else {
                    "null".to_owned()
                };
                self.put(field.name(), text);
            }

            fn record_i64(&mut self, field: &Field, value: i64) {
                self.put(field.name(), value.to_string());
            }

            fn record_u64(&mut self, field: &Field, value: u64) {
                self.put(field.name(), value.to_string());
            }

            fn record_bool(&mut self, field: &Field, value: bool) {
                self.put(field.name(), value.to_string());
            }

            fn record_str(&mut self, field: &Field, value: &str) {
                self.put(field.name(), json(value));
            }

            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                self.put(field.name(), json(&format!("{value:?}")));
            }
        }
    };
}
visit!(Fields);
visit!(SpanFields);

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use tracing_subscriber::layer::SubscriberExt as _;

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> jiff::Timestamp {
            "2026-03-01T12:00:00.5Z".parse().unwrap()
        }
    }

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn line_of(scene: impl FnOnce()) -> serde_json::Value {
        let buffer = Buffer::default();
        let lines = JsonLines::new(buffer.clone(), "afg", Arc::new(Fixed));
        let subscriber = tracing_subscriber::registry().with(lines);
        tracing::subscriber::with_default(subscriber, scene);
        let bytes = buffer.0.lock().unwrap().clone();
        let text = std::str::from_utf8(&bytes).unwrap();
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_event_is_one_line_with_the_fields_of_its_spans() {
        let line = line_of(|| {
            let outer = tracing::info_span!(
                "outer",
                request_id = "r-1",
                tenant_id = tracing::field::Empty
            );
            outer.record("tenant_id", "demo");
            let _entered = outer.enter();
            tracing::info!(status = 200_u16, cause = ?"a\nb", "request \"done\"");
        });
        assert_eq!(line["timestamp"], "2026-03-01T12:00:00.500Z");
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["service"], "patient-portal-service");
        assert_eq!(line["region"], "afg");
        assert_eq!(line["request_id"], "r-1");
        assert_eq!(line["tenant_id"], "demo");
        assert_eq!(line["status"], 200);
        assert_eq!(line["message"], "request \"done\"");
        assert_eq!(line["log_schema_version"], 1);
    }

    #[test]
    fn an_inner_field_hides_an_outer_one_and_none_hides_our_own() {
        let line = line_of(|| {
            let outer = tracing::info_span!("outer", code = "outer", level = "fake");
            let _entered = outer.enter();
            tracing::warn!(code = "inner", ratio = f64::NAN, "x");
        });
        assert_eq!(line["code"], "inner");
        assert_eq!(line["level"], "WARN");
        assert_eq!(line["ratio"], serde_json::Value::Null);
    }
}

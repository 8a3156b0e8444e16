//! The same over a socket.

use serde_json::json;
use syncline_simulator::serve;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::client::{Client, SOURCE, simulator};

async fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!("{request}\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    let sent = stream.write_all(request.as_bytes()).await;
    sent.expect("the request goes out");
    let mut answer = Vec::new();
    let _ended = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop_and_can_break_a_connection() {
    let simulator = simulator(20);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let ready = simulator.ready_line(&format!("http://{address}"));
    assert_eq!(ready["tenants"][1]["name"], "fabrikam");
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move {
        let _told = stopped.await;
    };
    let server = tokio::spawn(serve(simulator.clone(), listener, shutdown));
    let answer = ask(&address, "GET /_simulator/clock HTTP/1.1").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains("2026-03-02T08:00:0"), "{answer}");
    let unauthorized = ask(&address, "GET /v1.0/users HTTP/1.1").await;
    assert!(unauthorized.starts_with("HTTP/1.1 401"), "{unauthorized}");
    let client = Client::new(&simulator, SOURCE).await;
    let fault = json!({"path_contains": "/v1.0/users", "drop": "close"});
    client.post("/_simulator/faults", &fault).await;
    let bearer = format!(
        "GET /v1.0/users HTTP/1.1\r\nauthorization: Bearer {}",
        client.token
    );
    let broken = ask(&address, &bearer).await;
    // A chunked body that is whole ends with an empty chunk.
    assert!(!broken.ends_with("0\r\n\r\n"), "{broken}");
    let begun = json!({"faults": [{"path_contains": "/v1.0/users", "drop": "within", "times": 1}]});
    client.delete("/_simulator/faults").await;
    client.post("/_simulator/scenario", &begun).await;
    let cut = ask(&address, &bearer).await;
    assert!(cut.starts_with("HTTP/1.1 200 OK"), "{cut}");
    assert!(cut.contains("@odata.context"), "it began: {cut}");
    assert!(!cut.ends_with("0\r\n\r\n"), "and never ended: {cut}");
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread::JoinHandle,
};

use super::*;

/// Serves one connection with these bytes and returns what was asked.
fn answer_once(answer: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1.0/users", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = Vec::new();
        while !asked.windows(4).any(|window| window == b"\r\n\r\n") {
            let mut part = [0; 1024];
            let length = stream.read(&mut part).unwrap();
            assert_ne!(length, 0, "the request ended early");
            asked.extend_from_slice(&part[..length]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(asked).unwrap()
    });
    (url, server)
}

fn get(transport: &HttpsTransport, url: &str) -> Result<http::Response<Bytes>, TransportError> {
    let request = http::Request::get(url).body(Bytes::new()).unwrap();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(transport.send(request))
}

#[test]
fn the_answer_comes_back_whatever_its_status_and_the_product_is_named() {
    let (url, server) = answer_once(
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\nrequest-id: r1\r\ncontent-length: 2\r\n\r\nhi",
    );
    let answer = get(&HttpsTransport::new().unwrap(), &url).unwrap();
    assert_eq!(answer.status(), 302);
    assert_eq!(answer.headers()["request-id"], "r1");
    assert_eq!(answer.body(), "hi");
    let asked = server.join().unwrap();
    assert!(asked.contains("user-agent: syncline/"), "{asked}");
    assert!(asked.contains("accept-encoding: gzip"), "{asked}");
}

#[test]
fn a_refused_connection_means_that_nothing_was_sent() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/secret-path", free.local_addr().unwrap());
    drop(free);
    let error = get(&HttpsTransport::new().unwrap(), &url).unwrap_err();
    assert!(!error.maybe_processed(), "{error:?}");
    assert!(!error.to_string().contains("secret-path"), "{error}");
}

#[test]
fn an_answer_cut_short_may_have_been_processed() {
    let (url, server) = answer_once("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nshort");
    let error = get(&HttpsTransport::new().unwrap(), &url).unwrap_err();
    assert!(error.maybe_processed(), "{error:?}");
    server.join().unwrap();
}

#[test]
fn an_answer_beyond_the_bound_is_not_taken_in() {
    let (url, server) = answer_once("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nshort");
    let transport = HttpsTransport {
        body_bytes_max: 4,
        ..HttpsTransport::new().unwrap()
    };
    let error = get(&transport, &url).unwrap_err();
    assert!(
        error.to_string().ends_with("longer than 4 bytes"),
        "{error}"
    );
    server.join().unwrap();
}

/// Reads one request to its end; false where the other side has gone.
fn read_request(stream: &mut TcpStream) -> bool {
    let mut asked = Vec::new();
    while !asked.ends_with(b"\r\n\r\n") {
        let mut part = [0; 1024];
        match stream.read(&mut part) {
            Ok(length @ 1..) => asked.extend_from_slice(&part[..length]),
            _ => return false,
        }
    }
    true
}

/// Two answers, compressed, on one connection: whoever makes another waits for ever.
#[test]
fn a_connection_is_kept_and_what_comes_over_it_is_unpacked() {
    const PACKED: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x2a\x4b\xcc\x29\x4d\x55\xb2\x8a\x8e\xad\x05\x00\x42\xea\x40\x44\x0c\x00\x00\x00";
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1.0/users", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut served = 0;
        while served < 2 && read_request(&mut stream) {
            let length = PACKED.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(PACKED).unwrap();
            served += 1;
        }
        served
    });
    let transport = HttpsTransport::new().unwrap();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            for _ in 0..2 {
                let request = http::Request::get(&url).body(Bytes::new()).unwrap();
                let answer = transport.send(request).await.unwrap();
                assert_eq!(answer.body(), r#"{"value":[]}"#);
            }
        });
    assert_eq!(server.join().unwrap(), 2);
}

//! The application behind the proxies: it echoes requests, and keeps WebSockets open.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Starts the application, and returns its URL.
pub async fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(serve(connection));
        }
    });
    url
}

/// Serves one request.
async fn serve(mut connection: TcpStream) {
    let Some(head) = head(&mut connection).await else { return };
    let lower = head.to_ascii_lowercase();
    if lower.contains("\r\nupgrade: websocket") {
        let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
        if connection.write_all(answer.as_bytes()).await.is_ok() {
            // Sends the request head first, then echoes the frames.
            let _ = connection.write_all(format!("{head}\0").as_bytes()).await;
            echo(connection).await;
        }
        return;
    }
    let (kind, body) = match head.split(' ').nth(1) {
        Some("/page.html") => ("text/html", "<html><head><title>A page</title></head></html>".to_owned()),
        _ => ("text/plain", format!("{head}{}", body(&mut connection, &lower).await)),
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    // An unread body must not reset the connection.
    let _ = connection.write_all(answer.as_bytes()).await;
    let _ = connection.shutdown().await;
    let _ = connection.read_to_end(&mut Vec::new()).await;
}

/// The body of a request with a `Content-Length`.
async fn body(connection: &mut TcpStream, head: &str) -> String {
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    connection
        .read_exact(&mut body)
        .await
        .map_or_else(|error| error.to_string(), |_| String::from_utf8_lossy(&body).into_owned())
}

async fn echo(mut connection: TcpStream) {
    let mut bytes = [0; 1_024];
    while let Ok(length @ 1..) = connection.read(&mut bytes).await {
        if connection.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}

/// The request line and the headers.
pub async fn head(connection: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.ok()?);
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

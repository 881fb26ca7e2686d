//! Previews of links, from the server's cache.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::ensure;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{Bench, Phase};

const TITLE: &str = "A page that is linked to";

/// Asks once for a page that this program serves, and then again and again.
pub async fn cached(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/page.html", listener.local_addr()?);
    let asked = Arc::new(AtomicUsize::new(0));
    let site = tokio::spawn(serve(listener, Arc::clone(&asked)));
    let user = bench.world.fresh_user().await?;
    let matrix = bench.world.matrix.clone();
    let preview: Value = serde_json::from_slice(&matrix.preview(&user, &url).await?)?;
    let title = preview.get("og:title").and_then(Value::as_str);
    ensure!(title == Some(TITLE), "the preview's title is {title:?}");
    let before = asked.load(Ordering::Relaxed);
    let load = bench.load(1);
    let case = "a page asked before".to_owned();
    bench
        .measure(Phase::PreviewCached, case, load, move |_| {
            let (matrix, user, url) = (matrix.clone(), Arc::clone(&user), url.clone());
            async move { Ok(matrix.preview(&user, &url).await?.len()) }
        })
        .await?;
    site.abort();
    let again = asked.load(Ordering::Relaxed) - before;
    ensure!(again == 0, "the page was asked {again} times more: nothing was cached");
    Ok(())
}

/// A site of one page.
async fn serve(listener: TcpListener, asked: Arc<AtomicUsize>) {
    while let Ok((connection, _)) = listener.accept().await {
        asked.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(answer(connection));
    }
}

async fn answer(mut connection: TcpStream) -> std::io::Result<()> {
    let (mut head, mut chunk) = (Vec::new(), [0; 1024]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = connection.read(&mut chunk).await?;
        if read == 0 {
            return Ok(());
        }
        head.extend_from_slice(chunk.get(..read).unwrap_or_default());
    }
    let page = format!(
        "<!doctype html><html><head><title>{TITLE}</title>\
         <meta property=\"og:title\" content=\"{TITLE}\">\
         <meta property=\"og:description\" content=\"What is to be read there\"></head>\
         <body><p>Text</p></body></html>"
    );
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        page.len()
    );
    connection.write_all(head.as_bytes()).await?;
    connection.write_all(page.as_bytes()).await?;
    connection.shutdown().await
}

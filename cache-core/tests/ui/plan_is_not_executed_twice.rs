// error[E0382]: use of moved value: `approved`
use cache_core::approve::Approved;
use cache_core::promote::Promoter;

async fn twice(promoter: Promoter, approved: Approved) {
    let _ = promoter.execute(approved).await;
    let _ = promoter.execute(approved).await;
}

fn main() {}
